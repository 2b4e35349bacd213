from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.rerank.blend import blend, standardise
from shortlist.core.config import RerankConfig
from shortlist.core.ranking import Ranking

DEPTH = 12
score = st.floats(-100, 100).map(lambda value: round(value, 3))
rankings = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), score, max_size=12).map(
    lambda scored: Ranking.of(scored, "weighted")
)


def config(depth: int) -> RerankConfig:
    return RerankConfig(depth=depth, max_lift=0.5)


@st.composite
def judged_rankings(draw: st.DrawFn) -> tuple[Ranking, Ranking]:
    ranking = draw(rankings)
    ids = draw(st.lists(st.sampled_from(ranking.ids), unique=True)) if len(ranking) else []
    return ranking, Ranking.of({item: draw(score) for item in ids}, "yesno")


def test_a_blend_by_hand() -> None:
    """Head a, b, c: retrieval z = 1.2247, 0, -1.2247; model z = -1.2247, 0, 1.2247, of which c gets -0.7247."""
    ranking = Ranking.of({"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.5}, "weighted")
    judged = Ranking.of({"a": -4.0, "b": 0.0, "c": 4.0}, "yesno")
    blended = blend(ranking, judged, 0.75, config(3))
    assert blended.ids == ("b", "a", "c", "d")
    assert blended.scores == pytest.approx([0, -0.61237, -0.84974, -1.34974], abs=1e-4)


def test_a_text_that_fools_the_model_gains_little() -> None:
    """The last of six has retrieval z -1.46: liked like no other, it passes the next only, at z -0.88."""
    ranking = Ranking.of({item: -float(place) for place, item in enumerate("abcdef")}, "weighted")
    fooled = Ranking.of({**dict.fromkeys("abcde", 0.0), "f": 100.0}, "yesno")
    assert blend(ranking, fooled, 0.6, config(6)).ids.index("f") >= 3


@given(judged_rankings(), st.floats(0, 1))
def test_the_model_lifts_a_score_by_a_bounded_amount(both: tuple[Ranking, Ranking], weight: float) -> None:
    ranking, judged = both
    size = max((ranking.ids.index(item) + 1 for item in judged.ids), default=0)
    retrieval = dict(zip(ranking.ids, standardise(ranking.scores[:DEPTH]), strict=False))
    blended = blend(ranking, judged, weight, config(DEPTH))
    for item, score in zip(blended.ids[:size], blended.scores, strict=False):
        assert score <= retrieval[item] + weight * config(DEPTH).max_lift + 1e-4


def test_a_candidate_without_a_model_score_gets_the_mean() -> None:
    ranking = Ranking.of({"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}, "weighted")
    judged = Ranking.of({"a": -1.0, "c": 1.0}, "yesno")
    assert blend(ranking, judged, 1.0, config(4)).ids == ("c", "b", "a", "d")


def test_the_scale_of_retrieval_does_not_depend_on_where_judging_stopped() -> None:
    """z over all four is 1.34, 0.45, -0.45, -1.34, whether two or four were judged; model z is 1 (0.95 counts), -1."""
    ranking = Ranking.of({"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}, "weighted")
    two = Ranking.of({"a": 0.0, "b": 1.0}, "yesno")
    blended = blend(ranking, two, 0.5, config(4))
    assert blended.ids[:2] == ("b", "a")
    assert blended.scores[:2] == pytest.approx([0.4472 + 0.5 * 0.5, 0.5 * 1.3416 - 0.5], abs=1e-4)


@given(judged_rankings(), st.floats(0, 1), st.floats(0, 1))
def test_differences_of_scores_are_sums_of_contributions(
    judged: tuple[Ranking, Ranking], weight: float, share: float
) -> None:
    """Two legs share the retrieval score; the head is what the model reached."""
    ranking, model = judged
    parts = {"bm25": share * ranking.scores, "dense": (1 - share) * ranking.scores}
    with_parts = Ranking(ranking.ids, ranking.scores, "weighted", contributions=parts)
    blended = blend(with_parts, model, weight, config(DEPTH))
    size = max((place for place, item in enumerate(ranking.ids, 1) if item in model.ids), default=0)
    total = sum(blended.contributions.values(), np.zeros(len(ranking)))[:size]
    np.testing.assert_allclose(total - total[:1], blended.scores[:size] - blended.scores[:1][: len(total)], atol=1e-6)


def test_the_contributions_of_a_head_add_up_to_its_scores() -> None:
    """Of four candidates the model scores the first three: retrieval z is over four, as in the test above."""
    scores = np.array([3.0, 2.0, 1.0, 0.0])
    parts = {"bm25": np.array([1.5, -0.5, 0.5, -1.5]), "dense": np.array([0.0, 1.0, -1.0, 0.0])}
    ranking = Ranking(("a", "b", "c", "d"), scores, "weighted", contributions=parts)
    blended = blend(ranking, Ranking.of({"a": 0.0, "b": 1.0, "c": 5.0}, "yesno"), 0.25, config(4))
    total = sum(blended.contributions.values())
    assert total[:3] == pytest.approx(blended.scores[:3], abs=1e-6)
    assert set(blended.contributions) == {"bm25", "dense", "rerank"}
    assert blended.contributions["rerank"][blended.ids.index("c")] > 0
    assert blended.contributions["rerank"][blended.ids.index("d")] == 0


def test_the_model_orders_what_retrieval_scores_alike() -> None:
    ranking = Ranking.of(dict.fromkeys("abcd", 1.0), "weighted")
    judged = Ranking.of({"a": 0.0, "b": 1.0, "c": 8.0, "d": 9.0}, "yesno")
    assert blend(ranking, judged, 0.6, config(4)).ids == ("d", "c", "b", "a")


def test_equal_model_scores_change_nothing() -> None:
    ranking = Ranking.of({"b": 3.0, "a": 2.0, "c": 1.0}, "weighted")
    judged = Ranking.of(dict.fromkeys("abc", 0.5), "yesno")
    assert blend(ranking, judged, 1.0, config(4)).ids == ranking.ids


def test_z_scores_by_hand() -> None:
    assert standardise(np.array([1.0, 2.0, 3.0])) == pytest.approx([-1.224745, 0, 1.224745])
    assert not standardise(np.array([0.5, 0.5])).any()
    assert len(standardise(np.array([]))) == 0


@given(judged_rankings(), st.floats(0, 1))
def test_a_blend_is_a_permutation_with_the_judged_head_above_the_tail(
    both: tuple[Ranking, Ranking], weight: float
) -> None:
    ranking, judged = both
    blended = blend(ranking, judged, weight, config(DEPTH))
    assert sorted(blended.ids) == sorted(ranking.ids)
    size = max((ranking.ids.index(item) + 1 for item in judged.ids), default=0)
    assert set(blended.ids[:size]) == set(ranking.ids[:size])
    assert blended.ids[size:] == ranking.ids[size:]
    unjudged = [item for item in ranking.ids if item not in judged.ids]
    assert [item for item in blended.ids if item not in judged.ids] == unjudged


@given(judged_rankings())
def test_weight_0_keeps_the_retrieval_order(both: tuple[Ranking, Ranking]) -> None:
    assert blend(*both, 0.0, config(DEPTH)).ids == both[0].ids


@given(judged_rankings(), st.floats(0.1, 10), st.floats(-10, 10), st.floats(0, 1))
def test_the_unit_of_the_model_does_not_matter(
    both: tuple[Ranking, Ranking], factor: float, shift: float, weight: float
) -> None:
    ranking, judged = both
    other = Ranking(judged.ids, judged.scores * factor + shift, "yesno")
    assert blend(ranking, other, weight, config(DEPTH)).scores == pytest.approx(
        blend(ranking, judged, weight, config(DEPTH)).scores, abs=1e-5
    )
