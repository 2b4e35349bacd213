"""Click rates by hand, and that nothing at or after a request is counted."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.core.types import Video
from shortlist.retrieval.build import build_leg, build_retriever
from shortlist.retrieval.index.act_log import ActLog
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.clicks import PRIOR

NOON = datetime(2026, 1, 8, 12, tzinfo=UTC)


def us(hours: float) -> int:
    return round((NOON + timedelta(hours=hours)).timestamp() * 1e6)


# a: shown 3 times, chosen once before noon, and again at noon itself. b: shown twice, never chosen. c: long ago.
A = [("a", us(-3), False), ("a", us(-2), False), ("a", us(-1), False), ("a", us(-1), True), ("a", us(0), True)]
LOG = ActLog.of([*A, ("b", us(-2), False), ("b", us(-1), False), ("c", us(-400), False), ("c", us(-400), True)])


@pytest.fixture
def snapshot(snapshot_of: Any) -> Snapshot:
    made: Snapshot = snapshot_of([Video(name, name) for name in "abcd"], np.eye(4))
    return replace(made, log=LOG)


def test_rates_by_hand(snapshot: Snapshot) -> None:
    ranking = build_leg("clicks", snapshot, RetrievalConfig()).search(Query(k=4, at=NOON))
    usual = 2 / 6  # chosen before noon, of what was shown
    expected = {
        "a": math.log((1 + PRIOR * usual) / (3 + PRIOR)), "b": math.log(PRIOR * usual / (2 + PRIOR)),
        "c": math.log(usual), "d": math.log(usual),
    }  # fmt: skip
    assert dict(zip(ranking.ids, ranking.scores.tolist(), strict=True)) == pytest.approx(expected)
    assert ranking.ids == ("a", "c", "d", "b")  # 13/3 of 13 is as usual


def test_an_act_at_the_request_is_not_before_it(snapshot: Snapshot) -> None:
    leg = build_leg("clicks", snapshot, RetrievalConfig())
    rows = snapshot.rows(["a"])
    later = leg.score(Query(k=1, at=NOON + timedelta(seconds=1)), rows)
    assert later > leg.score(Query(k=1, at=NOON), rows)
    assert leg.score(Query(k=1), rows) == later  # now is after all
    assert len(leg.search(Query(k=1, at=NOON - timedelta(days=99)))) == 0


def test_without_a_log_nothing_changes(snapshot: Snapshot) -> None:
    config = RetrievalConfig(weights={"dense": 1.0, "clicks": 2.0})
    query = Query(k=4, vectors=np.eye(4, dtype=np.float32)[:1], vector_weights=np.ones(1, np.float32))
    plain = build_retriever(replace(snapshot, log=ActLog.none()), config).search(query)
    assert [leg.origin for leg in plain.legs] == ["dense"]
    assert build_retriever(snapshot, config).search(query).ids != plain.ids


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-50, 50), st.booleans())),
    st.integers(-60, 60),
    st.integers(0, 60),
)
def test_counts_are_those_of_a_plain_loop(acts: list[tuple[int, int, bool]], until: int, width: int) -> None:
    log = ActLog.of([(f"v{number}", at, chosen) for number, at, chosen in acts])
    ids = [f"v{number}" for number in range(4)]
    numbers = np.array([log.numbers.get(item, -1) for item in ids])
    for part, kind in ((log.shown, False), (log.chosen, True)):
        expected = [
            sum(number == video and chosen == kind and until - width <= at < until for number, at, chosen in acts)
            for video in range(4)
        ]
        assert part.count(numbers, until - width, until).tolist() == expected
        assert part.total(until) == sum(chosen == kind and at < until for _, at, chosen in acts)
