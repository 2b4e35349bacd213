"""Records to rows and back. A record comes back equal to what was put, or as `HomeDamaged`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table

from core.errors import HomeDamaged, RecordError
from core.types import Article, Enrichment, Event, Made, Reader, Segment, Transcript, Video
from store import schema

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MADE_PARTS = ("summary", "category", "rewritten_title")

Columns = dict[str, Any]
Stored = Row[Any]


@dataclass(frozen=True, slots=True)
class Content:
    """A video or article as rows: its own, those of tables that belong to it, and the hash of them all."""

    id: str
    own: Columns
    parts: Mapping[Table, list[Columns]] = field(default_factory=dict)

    @property
    def sha(self) -> str:
        """The hash of all rows, without the revision."""
        return str(self.own["content_sha"])


def to_micros(time: datetime | None) -> int | None:
    """Whole microseconds since 1970."""
    return None if time is None else (time - EPOCH) // MICROSECOND


def from_micros(micros: int | None) -> datetime | None:
    """The time in UTC."""
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def video_content(video: Video) -> Content:
    """The rows of `video`. Raises `RecordError` for what cannot be stored as text or JSON."""
    own = {
        "id": video.id,
        "title": video.title,
        "channel": video.channel,
        "url": video.url,
        "duration_s": None if video.duration_s is None else float(video.duration_s),
        "published": to_micros(video.published),
        "language": video.language,
        "description": video.description,
        "transcript_language": video.transcript.language,
        "transcript_origin": video.transcript.origin,
    }
    parts = {schema.segments: _segment_rows(video), schema.enrichments: list(_enrichment_rows(video))}
    return _content(own, video.metadata, parts)


def article_content(article: Article) -> Content:
    """The rows of `article`. Raises `RecordError` for what cannot be stored as text or JSON."""
    own = {
        "id": article.id,
        "title": article.title,
        "body": article.body,
        "category": article.category,
        "published": to_micros(article.published),
    }
    return _content(own, article.metadata, {})


def _content(own: Columns, metadata: Mapping[str, Any], parts: Mapping[Table, list[Columns]]) -> Content:
    try:
        own["metadata"] = json.dumps(dict(metadata), sort_keys=True)
        everything = json.dumps([own, *parts.values()], ensure_ascii=False)
        own["content_sha"] = hashlib.sha256(everything.encode()).hexdigest()
    except (TypeError, ValueError) as error:  # a value that is no JSON, or half of a surrogate pair in a text
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
            "start_s": None if segment.start_s is None else float(segment.start_s),
            "end_s": None if segment.end_s is None else float(segment.end_s),
        }
        for position, segment in enumerate(video.transcript.segments)
    ]


def _enrichment_rows(video: Video) -> Iterator[Columns]:
    made = video.enrichment
    for part in MADE_PARTS:
        one: Made | None = getattr(made, part)
        if one is not None:
            yield {"video_id": video.id, "part": part, "value": one.value, "made_by": one.made_by}
    if made.tags:
        tags = json.dumps(made.tags)
        yield {"video_id": video.id, "part": "tags", "value": tags, "made_by": made.tags_made_by}


def video_of(row: Stored, segments: Iterable[Stored], enrichments: Iterable[Stored]) -> Video:
    """The video of its rows; `segments` in order of position."""
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
            enrichment=_enrichment_of(enrichments),
            metadata=json.loads(row.metadata),
        )


def _enrichment_of(rows: Iterable[Stored]) -> Enrichment:
    made = {row.part: Made(row.value, row.made_by) for row in rows}
    tags = made.pop("tags", None)
    listed = tuple(json.loads(tags.value)) if tags else ()
    return Enrichment(**made, tags=listed, tags_made_by=tags.made_by if tags else None)


def article_of(row: Stored) -> Article:
    """The article of its row."""
    with _restoring(row.id):
        return Article(row.id, row.title, row.body, row.category, from_micros(row.published), json.loads(row.metadata))


def reader_row(reader: Reader) -> Columns:
    """The row of `reader`."""
    return {"id": reader.id, "created": to_micros(reader.created), "interests": json.dumps(reader.interests)}


def reader_of(row: Stored) -> Reader:
    """The reader of its row."""
    with _restoring(row.id):
        return Reader(row.id, from_micros(row.created), tuple(json.loads(row.interests)))


def event_row(event: Event) -> Columns:
    """The row of `event`."""
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
    """The event of its row."""
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
            expected="what was written",
            found=str(error),
            remedy="ingest it again, or put back a backup of catalogue.sqlite3",
        ) from error
