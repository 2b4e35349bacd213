"""Splits in time: the cut itself is the future, and a planted leak is caught."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.errors import RecordError
from shortlist.core.types import Event
from shortlist.eval.tasks.splits import TimeSplit, cut_after, require_known, split_at

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(hour: int, item: str = "v1") -> Event:
    return Event("ada", item, "video", "view", START + timedelta(hours=hour))


@given(st.lists(st.integers(0, 9)), st.integers(-1, 11))
def test_every_event_is_on_one_side_in_order_of_time(hours: list[int], cut_hour: int) -> None:
    cut = START + timedelta(hours=cut_hour)
    split = split_at([event(hour) for hour in hours], cut)
    assert [e.at for e in split.known + split.future] == sorted(event(hour).at for hour in hours)
    assert all(e.at < cut for e in split.known)
    assert all(e.at >= cut for e in split.future)


def test_event_at_the_cut_is_not_known() -> None:
    split = split_at([event(2), event(1), event(3)], START + timedelta(hours=2))
    assert split.known == (event(1),)
    assert split.future == (event(2), event(3))


def test_planted_leak_is_caught() -> None:
    split = split_at([event(1), event(2, "v2"), event(5, "v5")], START + timedelta(hours=4))
    leaked = (*split.known, split.future[0])
    with pytest.raises(RecordError, match=r"found 1 \('ada view v5 at 2026-01-01T05:00:00\+00:00'\)"):
        require_known(leaked, split.cut)
    with pytest.raises(RecordError, match="wrong side"):
        replace(split, known=leaked)
    with pytest.raises(RecordError, match="wrong side"):
        TimeSplit(split.cut, (), split.known)
    require_known(split.known, split.cut)


@given(st.lists(st.integers(0, 9), min_size=1), st.floats(0, 0.99))
def test_cut_leaves_something_on_both_sides_and_at_most_the_share_before(hours: list[int], share: float) -> None:
    events = [event(hour) for hour in hours]
    try:
        split = split_at(events, cut_after(events, share))
    except RecordError:
        return
    assert split.known
    assert split.future
    assert len(split.known) <= share * len(events)


def test_cut_by_hand_and_without_enough_moments() -> None:
    assert cut_after([event(hour) for hour in range(10)], 0.8) == START + timedelta(hours=8)
    for events in ([], [event(1)], [event(1), event(1, "v2")]):
        with pytest.raises(RecordError, match="cannot be split"):
            cut_after(events, 0.8)
