"""Diversity and freshness: nothing by default, and what each does when asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query, Ranking
from shortlist.core.types import Video
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.diversity import marginal_relevance
from shortlist.retrieval.index.snapshot import Snapshot

NOW = datetime(2026, 5, 1, tzinfo=UTC)
NEAR = np.array([np.cos(0.1), np.sin(0.1), 0.0])
ASKED = np.array([[0.8, 0.0, 0.6]], dtype=np.float32)


@pytest.fixture
def snapshot(snapshot_of: Any) -> Snapshot:
    """a and b are nearly the same, c is another thing; c is the newest, b of unknown age."""
    ages = {"a": 60, "b": None, "c": 0}
    videos = [
        Video(name, "clip", published=None if days is None else NOW - timedelta(days=days))
        for name, days in ages.items()
    ]
    made: Snapshot = snapshot_of(videos, np.stack([np.eye(3)[0], NEAR, np.eye(3)[2]]))
    return made


def search(snapshot: Snapshot, k: int = 3, **settings: Any) -> Ranking:
    config = RetrievalConfig(weights={"dense": 1.0}, fresh_half_life_days=30, **settings)
    return build_retriever(snapshot, config).search(Query(k=k, vectors=ASKED, vector_weights=np.ones(1, np.float32)))


def test_both_are_off_by_default(snapshot: Snapshot) -> None:
    assert search(snapshot).ids == ("a", "b", "c")
    assert search(snapshot).scores.tolist() == search(snapshot, diversity=0.0, freshness=0.0).scores.tolist()


def test_diversity_puts_another_thing_before_more_of_the_same(snapshot: Snapshot) -> None:
    ranking = search(snapshot, diversity=0.6)
    assert ranking.ids == ("a", "c", "b")
    assert ranking.scores[:2].tolist() == pytest.approx([0.4, 0.0])
    assert [source.origin for source in ranking.legs] == ["dense"]
    assert search(snapshot, k=2, diversity=0.6).ids == ("a", "c")


def test_diversity_keeps_the_contributions_with_their_videos_in_the_unit_of_the_new_scores(snapshot: Snapshot) -> None:
    """Relevance counts 0.4 here, and nothing is chosen before the first."""
    before, after = search(snapshot), search(snapshot, diversity=0.6)
    by_id = dict(zip(before.ids, before.contributions["dense"].tolist(), strict=True))
    assert after.contributions["dense"].tolist() == pytest.approx([0.4 * by_id[item] for item in after.ids])


def test_freshness_takes_up_to_its_share_from_what_is_old_or_of_unknown_age(snapshot: Snapshot) -> None:
    before = search(snapshot)
    after = dict(zip((ranking := search(snapshot, freshness=0.5)).ids, ranking.scores.tolist(), strict=True))
    a, b, c = before.scores.tolist()
    assert after == pytest.approx({"a": a * (1 - 0.5 * 0.75), "b": b * 0.5, "c": c})


rows = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0, 1), min_size=n, max_size=n),
        st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=n, max_size=n),
    )
)


@given(rows, st.floats(0, 1), st.integers(1, 12))
def test_every_place_once_and_scores_never_increase(
    given_rows: tuple[list[float], list[list[int]]], strength: float, k: int
) -> None:
    relevance, vectors = np.array(given_rows[0]), np.array(given_rows[1], dtype=np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    order, scores = marginal_relevance(relevance, vectors, strength, k)
    assert len(set(order.tolist())) == len(order) == min(k, len(relevance))
    assert (np.diff(scores) <= 0).all()
    longer, _ = marginal_relevance(relevance, vectors, strength, k + 5)
    assert longer[: len(order)].tolist() == order.tolist()
    if strength == 0:
        assert order.tolist() == np.argsort(-relevance, kind="stable")[:k].tolist()
