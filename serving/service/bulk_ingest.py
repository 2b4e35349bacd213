"""Store events and videos given as JSON objects, with the columns of the tables that `ingest` reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from shortlist.core.types import Event, Video
from shortlist.ingest.default_enrichment import DefaultEnricher
from shortlist.ingest.records import events, videos
from shortlist.ingest.records.values import is_missing
from shortlist.ingest.tables.jsonl import row_of
from shortlist.ingest.tables.rows import Columns, Failure, ParsedRecord, Row, records
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

R = TypeVar("R")
EVENT_COLUMNS = replace(  # `at` is optional
    events.COLUMNS,
    required=tuple(names for names in events.COLUMNS.required if names != ("at",)),
    optional=("at", *events.COLUMNS.optional),
)
Result = dict[str, Any]

ID_TAKEN = (
    "a different event of this reader has this id: expected a unique event_id, or none; leave event_id out or choose"
    " another"
)
FOREIGN_LIST = "request_id of another reader's list: expected one of this reader's, or none; leave request_id out"
NEW, CHANGED, UNCHANGED, FAILED = "new", "changed", "unchanged", "failed"


def store_events(home: Home, items: Sequence[object], request_key: str | None = None) -> list[Result]:
    """Store events and return one result for each item.

    An event with an id that its reader has is unchanged. One in the future, or about another reader's list, fails. An
    event without a time gets the current time.
    As the default id of an event is a hash that includes its time, such an event would be new each time it is sent.
    With a `request_key`, which a client repeats when it retries a request, its id is a hash of the key and its index.
    """
    now = datetime.now(UTC).isoformat()

    def event_at(row: Row) -> Event:
        values = dict(row.values)
        if is_missing(values.get("at")):
            values["at"] = now
            if request_key is not None and is_missing(values.get("event_id")):
                values["event_id"] = hashlib.sha256(f"{request_key}\x1f{row.where}".encode()).hexdigest()[:32]
        return home.catalogue.events.check_time(events.event_from_row(Row(row.where, values)))

    parsed = _without_foreign_lists(home, _parse(items, EVENT_COLUMNS, event_at))
    valid = [item.record for item in parsed if isinstance(item, ParsedRecord)]
    known = home.catalogue.events.get_many(event.event_id for event in valid)
    stored = {(event.event_id, event.user_id): event for event in known}
    home.catalogue.events.add(valid)
    results = []
    for item in parsed:
        if isinstance(item, Failure):
            results.append(_failed(item))
            continue
        first = stored.setdefault((item.record.event_id, item.record.user_id), item.record)
        if _identity(first) != _identity(item.record):
            results.append(_failed(Failure(item.where, ID_TAKEN)))
            continue
        results.append({"id": item.record.event_id, "status": NEW if first is item.record else UNCHANGED})
    return results


def _without_foreign_lists(
    home: Home, parsed: Sequence[ParsedRecord[Event] | Failure]
) -> list[ParsedRecord[Event] | Failure]:
    lists = {item.record.request_id for item in parsed if isinstance(item, ParsedRecord)} - {None}
    readers = home.catalogue.exposures.readers_of(one for one in lists if one is not None)
    return [
        Failure(item.where, FOREIGN_LIST)
        if isinstance(item, ParsedRecord)
        and readers.get(item.record.request_id or "", item.record.user_id) != item.record.user_id
        else item
        for item in parsed
    ]


def store_videos(
    home: Home, items: Sequence[object], default_enricher: DefaultEnricher, load_encoder: Callable[[], Any]
) -> list[Result]:
    """Store videos, deliver them to Chroma, and return one result for each item.

    If an id occurs several times, the last item is stored. `load_encoder` is called if vectors are missing. Raises
    `HomeLocked` if another process writes content.
    """
    parsed = _parse(items, videos.COLUMNS, videos.video_from_row)
    last = {item.record.id: item.record for item in parsed if isinstance(item, ParsedRecord)}
    with home.writing("storing videos"):
        before = home.catalogue.videos.get_many(last)
        home.catalogue.videos.put(default_enricher.enrich(list(last.values())))
        deliver(home, load_encoder)
        after = home.catalogue.videos.get_many(last)
    status = {video_id: _status(before.get(video_id), after[video_id]) for video_id in last}
    return [
        _failed(item) if isinstance(item, Failure) else {"id": item.record.id, "status": status[item.record.id]}
        for item in parsed
    ]


def remove_video(home: Home, video_id: str, load_encoder: Callable[[], Any]) -> None:
    """Delete a video, its picture and its documents in Chroma. Its events stay. Raises `UnknownItem`, `HomeLocked`."""
    home.catalogue.videos.get(video_id)
    with home.writing("deleting a video"):
        home.catalogue.videos.remove([video_id])
        home.pictures.remove(video_id)
        deliver(home, load_encoder)


def _parse(items: Sequence[object], columns: Columns, parse_row: Callable[[Row], R]) -> list[ParsedRecord[R] | Failure]:
    rows = (row_of(f"item {at}", item, columns) for at, item in enumerate(items))
    return list(records(rows, parse_row))


def _status(before: Video | None, after: Video) -> str:
    if before is None:
        return NEW
    return UNCHANGED if before == after else CHANGED


def _identity(event: Event) -> tuple[str, ...]:
    """Return the fields that are equal when an event is sent again. `at` is not: it may be the time of arrival."""
    return (event.user_id, event.item_id, event.kind, event.action)


def _failed(failure: Failure) -> Result:
    return {"id": None, "status": FAILED, "reason": failure.reason}
