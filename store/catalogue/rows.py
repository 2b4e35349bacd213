"""Convert records to rows and back. A restored record equals the stored one, or `HomeDamaged` is raised."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table

from shortlist.core.errors import HomeDamaged, RecordError
from shortlist.core.types import (
    GIVEN,
    Article,
    Attributed,
    Enrichment,
    Event,
    Outline,
    Reader,
    Segment,
    Transcript,
    Video,
)
from shortlist.store.sql import schema

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MADE_PARTS = ("summary", "category", "rewritten_title")

Columns = dict[str, Any]
Stored = Row[Any]


@dataclass(frozen=True, slots=True)
class Content:
    """A video or article as rows: its own, those of tables that belong to it, and a hash of all of them."""

    id: str
    own: Columns
    parts: Mapping[Table, list[Columns]] = field(default_factory=dict)

    @property
    def sha(self) -> str:
        """The hash of all rows, without the revision."""
        return str(self.own["content_sha"])


def to_real(seconds: float | None) -> float | None:
    """Return the value as SQLite returns it: a float, never minus zero."""
    return None if seconds is None else float(seconds) + 0.0


def to_micros(time: datetime | None) -> int | None:
    """Return whole microseconds since 1970."""
    return None if time is None else (time - EPOCH) // MICROSECOND


def from_micros(micros: int | None) -> datetime | None:
    """Return the time in UTC."""
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def video_content(video: Video) -> Content:
    """Return the rows of `video`. Raises `RecordError` if it cannot be stored as text or JSON."""
    own = {
        "id": video.id,
        "title": video.title,
        "channel": video.channel,
        "url": video.url,
        "duration_s": to_real(video.duration_s),
        "published": to_micros(video.published),
        "language": video.language,
        "description": video.description,
        "transcript_language": video.transcript.language,
        "transcript_origin": video.transcript.origin,
    }
    parts = {schema.segments: _segment_rows(video), schema.enrichments: list(_enrichment_rows(video))}
    return _content(own, video.metadata, parts)


def article_content(article: Article) -> Content:
    """Return the rows of `article`. Raises `RecordError` if it cannot be stored as text or JSON."""
    own = {
        "id": article.id,
        "title": article.title,
        "body": article.body,
        "category": article.category,
        "published": to_micros(article.published),
        "enrichment": json.dumps({part: [value, made_by] for part, value, made_by in _made_parts(article.enrichment)}),
    }
    return _content(own, article.metadata, {})


def _content(own: Columns, metadata: Mapping[str, Any], parts: Mapping[Table, list[Columns]]) -> Content:
    try:
        own["metadata"] = json.dumps(dict(metadata), sort_keys=True)
        everything = json.dumps([own, *parts.values()], ensure_ascii=False)
        own["content_sha"] = hashlib.sha256(everything.encode()).hexdigest()
    except (TypeError, ValueError) as error:  # a value that is not JSON, or a lone surrogate in a text
        raise RecordError(
            f"cannot store {own['id']!r}",
            expected="valid Unicode text, and metadata of JSON values",
            found=str(error),
            remedy="correct the record",
        ) from error
    return Content(own["id"], own, parts)


def _segment_rows(video: Video) -> list[Columns]:
    return [
        {
            "video_id": video.id,
            "position": position,
            "text": segment.text,
            "start_s": to_real(segment.start_s),
            "end_s": to_real(segment.end_s),
        }
        for position, segment in enumerate(video.transcript.segments)
    ]


def _enrichment_rows(video: Video) -> Iterator[Columns]:
    for part, value, made_by in _made_parts(video.enrichment):
        yield {"video_id": video.id, "part": part, "value": value, "made_by": made_by}


def _made_parts(made: Enrichment) -> Iterator[tuple[str, str, str]]:
    """Yield (part, value, made_by) of every existing part; tags as a JSON list."""
    for part in MADE_PARTS:
        value: Attributed | None = getattr(made, part)
        if value is not None:
            yield part, value.value, value.made_by
    if made.tags:
        yield "tags", json.dumps(made.tags), made.tags_made_by or ""


def video_of(row: Stored, segments: Iterable[Stored], enrichments: Iterable[Stored]) -> Video:
    """Return the video of these rows; `segments` in order of position."""
    with _restoring(row.id):
        spoken = tuple(Segment(segment.text, segment.start_s, segment.end_s) for segment in segments)
        return Video(
            id=row.id,
            title=row.title,
            channel=row.channel,
            url=row.url,
            duration_s=row.duration_s,
            published=from_micros(row.published),
            language=row.language,
            description=row.description,
            transcript=Transcript(spoken, row.transcript_language, row.transcript_origin),
            enrichment=_enrichment_of((row.part, row.value, row.made_by) for row in enrichments),
            metadata=json.loads(row.metadata),
        )


def _enrichment_of(parts: Iterable[tuple[str, str, str]]) -> Enrichment:
    made = {part: Attributed(value, made_by) for part, value, made_by in parts}
    tags = made.pop("tags", None)
    values = tuple(json.loads(tags.value)) if tags else ()
    return Enrichment(**made, tags=values, tags_made_by=tags.made_by if tags else None)


def article_of(row: Stored) -> Article:
    """Return the article of this row."""
    with _restoring(row.id):
        made = _enrichment_of((part, *pair) for part, pair in dict(json.loads(row.enrichment)).items())
        metadata = json.loads(row.metadata)
        return Article(row.id, row.title, row.body, row.category, from_micros(row.published), metadata, made)


def video_outline(row: Row[*tuple[Any, ...]]) -> Outline:
    """Return the outline of a video; `value` and `made_by` are those of its category, None without one."""
    return Outline(row.title, row.value, row.made_by not in (None, GIVEN), row.duration_s)


def article_outline(row: Row[*tuple[Any, ...]]) -> Outline:
    """Return the outline of an article."""
    with _restoring(row.id):
        _, made_by = json.loads(row.enrichment).get("category", (None, GIVEN))
        return Outline(row.title, row.category, made_by != GIVEN)


def reader_row(reader: Reader) -> Columns:
    """Return the row of `reader`."""
    return {"id": reader.id, "created": to_micros(reader.created), "interests": json.dumps(reader.interests)}


def reader_of(row: Stored) -> Reader:
    """Return the reader of this row."""
    with _restoring(row.id):
        return Reader(row.id, from_micros(row.created), tuple(json.loads(row.interests)))


def event_row(event: Event) -> Columns:
    """Return the row of `event`."""
    return {
        "event_id": event.event_id,
        "user_id": event.user_id,
        "item_id": event.item_id,
        "kind": event.kind,
        "action": event.action,
        "at": to_micros(event.at),
        "dwell_s": event.dwell_s,
        "request_id": event.request_id,
        "position": event.position,
        "variant": event.variant,
    }


def event_of(row: Stored) -> Event:
    """Return the event of this row."""
    with _restoring(row.event_id):
        return Event(
            row.user_id, row.item_id, row.kind, row.action, EPOCH + timedelta(microseconds=row.at),
            row.dwell_s, row.event_id, row.request_id, row.position, row.variant,
        )  # fmt: skip


@contextmanager
def _restoring(what: str) -> Iterator[None]:
    try:
        yield
    except (RecordError, ValueError, TypeError, OverflowError) as error:
        raise HomeDamaged(
            f"the catalogue's record of {what!r} is damaged",
            expected="the record as it was stored",
            found=str(error),
            remedy="run `shortlist doctor rebuild`, then ingest it again",
        ) from error
