from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import ConfigError
from shortlist.core.ranking import Query
from shortlist.core.types import Video
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.fusion import BASELINE, min_max, reciprocal_ranks, weighted_shares
from shortlist.retrieval.index.snapshot import Snapshot

LEGS = ("bm25", "dense", "tfidf")
values = st.integers(-1000, 1000).map(lambda number: number / 8)
rows = st.integers(1, 12).flatmap(
    lambda n: st.fixed_dictionaries({leg: st.lists(values, min_size=n, max_size=n).map(np.array) for leg in LEGS})
)
weights = st.fixed_dictionaries({leg: st.floats(0.01, 10) for leg in LEGS})


def weighted_mean(scores: Mapping[str, Any], weight: Mapping[str, float]) -> Any:
    """The fused score: the sum of the legs' parts."""
    return sum(weighted_shares(scores, weight).values())


def test_min_max_by_hand() -> None:
    assert min_max(np.array([2.0, 4.0, 3.0])).tolist() == [0.0, 1.0, 0.5]
    assert min_max(np.array([7.0, 7.0])).tolist() == [0.0, 0.0]
    assert min_max(np.empty(0)).tolist() == []


def test_weighted_mean_by_hand() -> None:
    scores = {"bm25": np.array([0.0, 10.0, 5.0]), "dense": np.array([0.9, 0.1, 0.9])}
    fused = weighted_mean(scores, {"bm25": 1.0, "dense": 3.0})
    np.testing.assert_allclose(fused, [0.75, 0.25, 0.875])


def test_the_weight_of_a_missing_leg_is_shared_by_the_others() -> None:
    fused = weighted_mean({"bm25": np.array([0.0, 1.0])}, {"bm25": 0.3, "dense": 1.0})
    assert fused.tolist() == [0.0, 1.0]


def test_reciprocal_ranks_by_hand() -> None:
    parts = [reciprocal_ranks(np.array(ranking), np.array([2, 5, 9]), 60) for ranking in ([5, 2], [2, 9])]
    np.testing.assert_allclose(parts, [[1 / 62, 1 / 61, 0], [1 / 61, 0, 1 / 62]])


@given(rows, weights)
def test_fused_scores_lie_between_0_and_1(scores: dict[str, Any], weight: dict[str, float]) -> None:
    fused = weighted_mean(scores, weight)
    assert (fused >= 0).all()
    assert (fused <= 1 + 1e-9).all()


@given(rows, weights, st.permutations(LEGS))
def test_the_order_of_the_legs_changes_nothing(
    scores: dict[str, Any], weight: dict[str, float], order: list[str]
) -> None:
    shuffled = weighted_mean({leg: scores[leg] for leg in order}, weight)
    np.testing.assert_allclose(shuffled, weighted_mean(scores, weight), atol=1e-12)


@given(rows, weights, st.sampled_from(LEGS), st.sampled_from([0.25, 2.0, 64.0]), st.integers(-8, 8))
def test_the_unit_and_zero_of_a_leg_change_nothing(
    scores: dict[str, Any], weight: dict[str, float], leg: str, unit: float, zero: int
) -> None:
    moved = {**scores, leg: scores[leg] * unit + zero}
    np.testing.assert_allclose(weighted_mean(moved, weight), weighted_mean(scores, weight), atol=1e-9)


@given(rows, weights)
def test_what_every_leg_prefers_wins(scores: dict[str, Any], weight: dict[str, float]) -> None:
    lifted = {leg: np.append(found, found.max() + 1) for leg, found in scores.items()}
    assert weighted_mean(lifted, weight).argmax() == len(lifted["bm25"]) - 1


def retriever(snapshot: Snapshot, **weight: float) -> Any:
    return build_retriever(snapshot, RetrievalConfig(weights=weight, text_weights=weight))


def test_weights_of_0_are_not_asked_and_a_leg_alone_keeps_its_order(corpus_snapshot: Snapshot) -> None:
    alone = retriever(corpus_snapshot, bm25=2.0, dense=0.0).search(Query(k=10, text="word1 word7"))
    assert [source.origin for source in alone.legs] == ["bm25"]
    assert alone.ids == alone.legs[0].whole().ids[:10]
    assert alone.scores[0] == 1.0


def test_a_text_has_weights_of_its_own(corpus_snapshot: Snapshot) -> None:
    both = build_retriever(
        corpus_snapshot, RetrievalConfig(weights={"popular": 1.0, "tfidf": 1.0}, text_weights={"bm25": 1.0})
    )
    by_text = both.search(Query(k=5, text="word1"))
    by_terms = both.search(Query(k=5, terms=(("word1", 1.0),)))
    assert [source.origin for source in by_text.legs] == ["bm25"]
    assert sorted(source.origin for source in by_terms.legs) == ["popular", "tfidf"]


def test_more_than_depth_can_be_asked_for(corpus: list[Video], corpus_snapshot: Snapshot) -> None:
    shallow = build_retriever(corpus_snapshot, RetrievalConfig(depth=5, weights={"popular": 1.0}))
    assert len(shallow.search(Query(k=150))) == 150


def test_a_leg_that_does_not_exist_is_a_configuration_error(corpus_snapshot: Snapshot) -> None:
    with pytest.raises(ConfigError, match="'sparse'"):
        retriever(corpus_snapshot, sparse=1.0)


@pytest.mark.parametrize("fusion", ["weighted", "rrf"])
@pytest.mark.parametrize("freshness", [0.0, 0.5])
def test_contributions_add_up_to_the_distance_from_the_average_of_the_best(
    corpus_snapshot: Snapshot, fusion: Any, freshness: float
) -> None:
    weight = {"bm25": 0.5, "tfidf": 0.2, "popular": 0.3}
    config = RetrievalConfig(fusion=fusion, text_weights=weight, freshness=freshness)
    ranking = build_retriever(corpus_snapshot, config).search(Query(k=1000, text="word1 word7"))
    assert set(ranking.contributions) == {source.origin for source in ranking.legs} == set(weight)
    np.testing.assert_allclose(
        sum(ranking.contributions.values()), ranking.scores - ranking.scores[:BASELINE].mean(), atol=1e-12
    )


def test_the_baseline_is_the_same_however_many_are_returned(corpus_snapshot: Snapshot) -> None:
    few, many = (retriever(corpus_snapshot, bm25=1.0, popular=0.2).search(Query(k=k, text="word1")) for k in (5, 50))
    for leg, values in few.contributions.items():
        np.testing.assert_array_equal(values, many.contributions[leg][:5])
