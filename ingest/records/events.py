"""Convert rows of a table to events."""

from __future__ import annotations

from typing import Any

from shortlist.core.errors import RecordError
from shortlist.core.types import ACTIONS, EVENT_KINDS, Event
from shortlist.core.validation import require
from shortlist.ingest.records import values
from shortlist.ingest.tables.rows import Columns, Row

COLUMNS = Columns(
    required=(("user_id",), ("item_id",), ("kind",), ("action",), ("at",)),
    optional=("dwell_s", "event_id", "request_id", "position", "variant"),
)


def event_from_row(row: Row) -> Event:
    """Convert a row with the columns `COLUMNS` to an event. Ignores unknown columns. Raises `RecordError`."""
    get = row.values.get
    at = values.moment(get("at"), "event time")
    if at is None:
        raise RecordError("no event time", expected="a time with a zone", found="nothing", remedy="give `at` a value")
    _refuse_swapped(get("kind"), get("action"))
    return Event(
        user_id=values.identifier(get("user_id"), "user id"),
        item_id=values.identifier(get("item_id"), "item id"),
        kind=values.one_of(EVENT_KINDS, get("kind"), "kind"),
        action=values.one_of(ACTIONS, get("action"), "action"),
        at=at,
        dwell_s=values.seconds(get("dwell_s"), "dwell time"),
        event_id=values.text(get("event_id"), "event id"),
        request_id=values.optional_text(get("request_id"), "request id"),
        position=values.integer(get("position"), "position"),
        variant=values.optional_text(get("variant"), "variant"),
    )


def _refuse_swapped(kind: Any, action: Any) -> None:
    require(
        not (kind in ACTIONS and action in EVENT_KINDS),
        "swapped columns",
        "a kind (article, video) in `kind` and an action in `action`",
        f"kind {kind}, action {action}",
        "swap the two column names",
    )
