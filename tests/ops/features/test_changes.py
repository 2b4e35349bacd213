"""The history of a view is exact in time: it agrees with counting the events that were known, at every moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shortlist.ops.features.changes import history
from shortlist.ops.features.values import values_before
from shortlist.ops.features.views import ITEM, READER, READER_CATEGORY, READER_ITEM, VIEWS, WINDOWS, View
from shortlist.retrieval.index.act_log import ActLog
from tests.ops.features.conftest import DAY, GAP, HOUR, MINUTE, START, Row, prepared, streams, table

END = START + 40 * DAY


FEW = settings(max_examples=12)
MOMENTS = st.lists(st.integers(0, 6 * 24 * 12).map(lambda fives: START + fives * 5 * MINUTE), min_size=1, max_size=20)


def values_at(view: View, rows: list[Row], keys: dict[str, str], moments: list[int]) -> list[dict[str, Any]]:
    """The values of one entity at some moments."""
    points = pl.DataFrame({**{name: [key] * len(moments) for name, key in keys.items()}, "at": moments})
    return values_before(view, history(view, prepared(rows), START - DAY, END), points).to_dicts()


def asked(view: View, rows: list[Row], keys: dict[str, str], at: int) -> dict[str, Any]:
    """The values of one entity at one moment."""
    [values] = values_at(view, rows, keys, [at])
    return values


@FEW
@given(streams(), MOMENTS)
def test_counts_are_those_of_the_known_events_in_the_window(rows: list[Row], moments: list[int]) -> None:
    for at, values in zip(moments, values_at(ITEM, rows, {"item_id": "x1"}, moments), strict=True):
        for action, name in (("impression", "impressions"), ("click", "clicks"), ("view", "plays")):
            own = [(one[3], max(one[3:])) for one in rows if one[1:3] == ("x1", action)]
            for window in ITEM.windows:
                counted = [1 for happened, known in own if known < at and happened >= at - WINDOWS[window]]
                assert values[f"{name}_{window}"] == len(counted)


@FEW
@given(streams(), MOMENTS)
def test_choices_are_those_that_the_ranker_counts(rows: list[Row], moments: list[int]) -> None:
    """Of events that arrive at once: the ranker's log has no arrivals."""
    on_time = [(*row[:4], row[3]) for row in rows]
    logged = ("impression", "click", "view", "like")
    log = ActLog.of((one[1], one[3], one[2] != "impression") for one in on_time if one[2] in logged)
    number = np.array([log.numbers.get("x2", -1)])
    for at, values in zip(moments, values_at(ITEM, on_time, {"item_id": "x2"}, moments), strict=True):
        for window in ITEM.windows:
            assert values[f"choices_{window}"] == log.chosen.count(number, at - WINDOWS[window], at)[0]


@FEW
@given(streams(), st.lists(st.integers(0, 35 * 24), max_size=3, unique=True).map(sorted), st.sampled_from([*VIEWS]))
@example([("a", "x1", "view", START, START + 29 * DAY)], [20 * 24], "item")  # every window has left it behind
def test_backfill_equals_streaming(rows: list[Row], hours: list[int], name: str) -> None:
    """Build once at the end, or day by day from what had arrived and is near: the rows are the same."""
    view = VIEWS[name]
    parts = []
    ends = [START + hour * HOUR for hour in hours] + [END]
    for begin, end in zip([START, *ends], ends, strict=False):
        arrived = [row for row in rows if row[4] < end and row[3] >= begin - view.reach - GAP]
        parts.append(history(view, prepared(arrived), begin, end))
    whole = history(view, prepared(rows), START, END)
    assert pl.concat(parts).sort(*view.keys, "at").equals(whole)


def test_a_late_event_changes_nothing_before_it_arrived() -> None:
    on_time = [("a", "x1", "view", START + HOUR, START + HOUR)]
    late = [*on_time, ("a", "x1", "view", START + HOUR, START + 5 * HOUR)]
    before, after = START + 5 * HOUR, START + 5 * HOUR + 1
    assert asked(ITEM, late, {"item_id": "x1"}, before) == asked(ITEM, on_time, {"item_id": "x1"}, before)
    assert asked(ITEM, late, {"item_id": "x1"}, after)["plays_24h"] == 2
    assert asked(ITEM, late, {"item_id": "x1"}, after)["plays_1h"] == 0
    assert asked(ITEM, late, {"item_id": "x1"}, START + 25 * HOUR + 1)["plays_24h"] == 0


def test_an_event_at_the_moment_of_the_question_is_not_seen() -> None:
    rows: list[Row] = [("a", "x1", "click", START, START)]
    assert asked(READER, rows, {"user_id": "a"}, START)["choices_24h"] == 0
    assert asked(READER, rows, {"user_id": "a"}, START + 1)["choices_24h"] == 1
    assert asked(READER, rows, {"user_id": "a"}, START + DAY)["choices_24h"] == 1
    assert asked(READER, rows, {"user_id": "a"}, START + DAY + 1)["choices_24h"] == 0


def test_the_later_event_decides_recency_whatever_arrives_last() -> None:
    rows: list[Row] = [
        ("a", "x1", "view", START + 10 * HOUR, START + 10 * HOUR),
        ("a", "x2", "view", START + 2 * HOUR, START + 11 * HOUR),
    ]
    assert asked(READER, rows, {"user_id": "a"}, START + 12 * HOUR)["recency_h"] == pytest.approx(2.0)


def test_sessions_end_after_half_an_hour_and_late_acts_do_not_change_them() -> None:
    minutes = [0, 10, 20, 60, 61]
    rows: list[Row] = [("a", f"x{n}", "view", START + n * MINUTE, START + n * MINUTE) for n in minutes]
    late: Row = ("a", "x9", "view", START + 40 * MINUTE, START + 2 * HOUR)
    for given_rows, choices in ((rows, 5), ([*rows, late], 6)):
        values = asked(READER, given_rows, {"user_id": "a"}, START + 3 * HOUR)
        assert (values["sessions_28d"], values["choices_28d"]) == (2, choices)
        assert values["session_s_28d"] == pytest.approx((20 + 1) / 2 * 60)


def test_shares_of_categories_sum_to_one() -> None:
    rows: list[Row] = [("a", item, "like", START, START) for item in ("x1", "x2", "x1", "y1")]
    events = history(READER_CATEGORY, prepared(rows), START - DAY, END)
    shares = values_before(READER_CATEGORY, events, pl.DataFrame({"user_id": ["a", "b"], "at": [START + 1] * 2}))
    assert shares.select("category", "share_24h").rows() == [("X", 0.75), ("Y", 0.25)]


def test_completion_dwell_and_age() -> None:
    rows: list[Row] = [("a", "x1", "view", START, START), ("b", "x1", "impression", START, START)]
    values = asked(ITEM, rows, {"item_id": "x1"}, START + HOUR)
    assert (values["completion_24h"], values["impressions_24h"]) == (0.5, 1)
    assert values["age_d"] == pytest.approx(1 + 1 / 24)
    pair = asked(READER_ITEM, rows, {"user_id": "a", "item_id": "x1"}, START + HOUR)
    assert (pair["dwell_s_28d"], pair["impressions_28d"], pair["recency_h"]) == (30.0, 0, 1.0)


def test_entities_without_events_count_nothing_and_have_no_means() -> None:
    values = asked(READER, [], {"user_id": "a"}, START)
    assert values["choices_28d"] == values["sessions_24h"] == 0
    assert values["dwell_s_28d"] is values["recency_h"] is None


def test_a_changed_definition_has_another_version() -> None:
    versions = {view.version for view in VIEWS.values()}
    assert len(versions) == len(VIEWS)
    changed = View(ITEM.name, ITEM.description, ITEM.keys, ITEM.events, {**ITEM.sums, "plays": pl.lit(1)}, ITEM.windows,
                   ITEM.features, ITEM.newest)  # fmt: skip
    assert changed.version not in versions


def test_dwell_is_unknown_where_it_was_not_measured() -> None:
    events = table([("a", "x1", "view", START, START)], dwell_s=None)
    rows = history(READER_ITEM, events, START, END)
    assert rows["watched_28d"].to_list() == [0, 0]
