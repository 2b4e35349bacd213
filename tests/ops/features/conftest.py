"""Events for feature stores, as tables and in homes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import strategies as st

from shortlist.core.types import ACTIONS
from shortlist.ops.features.changes import with_sessions
from shortlist.ops.features.events import TYPES

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
GAP = 30 * MINUTE
START = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * 1_000_000

Row = tuple[str, str, str, int, int]


def table(rows: list[Row], dwell_s: float | None = 30.0) -> pl.DataFrame:
    """Events as (reader, video, action, time, arrival), in microseconds; every video lasts a minute."""
    events = [
        {
            "seq": number, "user_id": user, "item_id": item, "kind": "video", "action": action, "at": at,
            "dwell_s": dwell_s, "arrived": arrived, "known": max(at, arrived), "category": item[0].upper(),
            "duration_s": 60.0, "published": START - DAY,
        }
        for number, (user, item, action, at, arrived) in enumerate(rows)
    ]  # fmt: skip
    return pl.DataFrame(events, {**TYPES, "known": pl.Int64})


def prepared(rows: list[Row]) -> pl.DataFrame:
    return with_sessions(table(rows), GAP)


@st.composite
def streams(draw: st.DrawFn) -> list[Row]:
    """Events of four days in the order of their arrival, some of them late by minutes or weeks."""
    moments = st.integers(0, 4 * 24 * 12).map(lambda fives: START + fives * 5 * MINUTE)
    late = st.sampled_from([0, 0, 5 * MINUTE, 3 * HOUR, 30 * HOUR, 8 * DAY, 29 * DAY])
    event = st.tuples(st.sampled_from("ab"), st.sampled_from(["x1", "x2", "y1"]), st.sampled_from(ACTIONS), moments)
    found = [(*one, one[3] + draw(late)) for one in draw(st.lists(event, max_size=12))]
    return sorted(found, key=lambda row: row[4])


def day_of(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)


def later(**parts: float) -> datetime:
    return day_of(START) + timedelta(**parts)
