"""Events and videos that arrive as JSON objects, with the columns of the tables that `ingest` reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from shortlist.core.types import Event, Video
from shortlist.ingest.default_enrichment import DefaultEnricher
from shortlist.ingest.records import events, videos
from shortlist.ingest.records.values import absent
from shortlist.ingest.tables.jsonl import row_of
from shortlist.ingest.tables.rows import Columns, Failure, ParsedRecord, Row, records
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

R = TypeVar("R")
UNTIMED = replace(
    events.COLUMNS,
    required=tuple(one for one in events.COLUMNS.required if one != ("at",)),
    optional=("at", *events.COLUMNS.optional),
)
Result = dict[str, Any]

CLASH = "a different event has this id: expected one of its own, or none; leave event_id out, or give another"
NEW, CHANGED, UNCHANGED, FAILED = "new", "changed", "unchanged", "failed"


def take_events(home: Home, items: Sequence[object], request_key: str | None = None) -> list[Result]:
    """Store events, one result an item.

    One whose id is known is unchanged, one without a time happens now, one that lies in the future fails. The default
    id of an event is a hash that includes its time, so one without a time would be new whenever it is sent: with
    `request_key`, which the client repeats when it sends a request again, its id follows from that and its place.
    """
    now = datetime.now(UTC).isoformat()

    def timed(row: Row) -> Event:
        given = dict(row.values)
        if absent(given.get("at")):
            given["at"] = now
            if request_key is not None and absent(given.get("event_id")):
                given["event_id"] = hashlib.sha256(f"{request_key}\x1f{row.where}".encode()).hexdigest()[:32]
        return home.catalogue.events.check_time(events.event_from_row(Row(row.where, given)))

    made = _records(items, UNTIMED, timed)
    good = [one.record for one in made if isinstance(one, ParsedRecord)]
    known = home.catalogue.events.get_many(event.event_id for event in good)
    home.catalogue.events.add(good)
    results = []
    for one in made:
        if isinstance(one, Failure):
            results.append(_failed(one))
            continue
        stored = known.setdefault(one.record.event_id, one.record)
        if _deed(stored) != _deed(one.record):
            results.append(_failed(Failure(one.where, CLASH)))
            continue
        results.append(_event_result(one.record, stored is not one.record))
    return results


def take_videos(
    home: Home, items: Sequence[object], default_enricher: DefaultEnricher, load: Callable[[], Any]
) -> list[Result]:
    """Store videos and deliver them to Chroma, one result an item; of one id the last counts. `load`: the encoder.

    Raises `HomeLocked` where another process writes content.
    """
    made = _records(items, videos.COLUMNS, videos.video_from_row)
    last = {one.record.id: one.record for one in made if isinstance(one, ParsedRecord)}
    with home.writing("storing videos"):
        before = home.catalogue.videos.get_many(last)
        home.catalogue.videos.put(default_enricher.enrich(list(last.values())))
        deliver(home, load)
        after = home.catalogue.videos.get_many(last)
    states = {item: _state(before.get(item), after[item]) for item in last}
    return [
        _failed(one) if isinstance(one, Failure) else {"id": one.record.id, "status": states[one.record.id]}
        for one in made
    ]


def _records(items: Sequence[object], columns: Columns, make: Callable[[Row], R]) -> list[ParsedRecord[R] | Failure]:
    rows = (row_of(f"item {at}", item, columns) for at, item in enumerate(items))
    return list(records(rows, make))


def _state(before: Video | None, after: Video) -> str:
    if before is None:
        return NEW
    return UNCHANGED if before == after else CHANGED


def _deed(event: Event) -> tuple[str, ...]:
    """What an event sent twice has in common, whatever the clock said: one without a time happens at every attempt."""
    return (event.user_id, event.item_id, event.kind, event.action)


def _event_result(event: Event, known: bool) -> Result:
    return {"id": event.event_id, "status": UNCHANGED if known else NEW}


def _failed(failure: Failure) -> Result:
    return {"id": None, "status": FAILED, "reason": failure.reason}
