"""Metrics: hand-computed, and equal to pytrec_eval, ir-measures and scikit-learn."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import ir_measures
import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from shortlist.eval.metrics import metrics

DOCS = [f"d{n}" for n in range(12)]
GRADES = st.dictionaries(st.sampled_from(DOCS), st.integers(-1, 4), min_size=1)
RUNS = st.dictionaries(st.sampled_from(DOCS), st.integers(0, 4).map(float), min_size=1)  # few scores: many ties
CUTS = st.integers(1, 15)


def ranked_and_judged(run: Mapping[str, float], grades: Mapping[str, int]) -> tuple[list[int], list[int]]:
    order = sorted(run, key=lambda doc: (run[doc], doc), reverse=True)  # trec_eval: ties by descending id
    return [grades.get(doc, 0) for doc in order], list(grades.values())


@given(GRADES, RUNS, CUTS)
def test_every_accuracy_metric_equals_pytrec_eval(grades: dict[str, int], run: dict[str, float], k: int) -> None:
    measures = {f"{name}.{k}" for name in ("ndcg_cut", "P", "recall", "success")} | {"map", "recip_rank"}
    theirs = pytrec_eval.RelevanceEvaluator({"q": grades}, measures).evaluate({"q": run})["q"]
    ranked, judged = ranked_and_judged(run, grades)
    ours = {
        f"ndcg_cut_{k}": metrics.ndcg(ranked, judged, k),
        f"P_{k}": metrics.precision(ranked, k),
        f"recall_{k}": metrics.recall(ranked, judged, k),
        f"success_{k}": metrics.hit_rate(ranked, k),
        "map": metrics.average_precision(ranked, judged),
        "recip_rank": metrics.reciprocal_rank(ranked),
    }
    assert ours == pytest.approx(theirs, abs=1e-9)


@given(st.lists(st.tuples(GRADES, RUNS), min_size=1, max_size=5), CUTS)
def test_block_of_queries_equals_ir_measures_query_by_query(
    cases: list[tuple[dict[str, int], dict[str, float]]], k: int
) -> None:
    pairs = [ranked_and_judged(run, grades) for grades, run in cases]
    ranked, judged = ([row + [0] * (12 - len(row)) for row in rows] for rows in zip(*pairs, strict=True))
    ours = {
        ir_measures.nDCG @ k: metrics.ndcg(ranked, judged, k),
        ir_measures.AP: metrics.average_precision(ranked, judged),
        ir_measures.RR: metrics.reciprocal_rank(ranked),
        ir_measures.P @ k: metrics.precision(ranked, k),
        ir_measures.R @ k: metrics.recall(ranked, judged, k),
        ir_measures.Success @ k: metrics.hit_rate(ranked, k),
    }
    qrels = {str(n): grades for n, (grades, _) in enumerate(cases)}
    runs = {str(n): run for n, (_, run) in enumerate(cases)}
    theirs = list(ir_measures.iter_calc(list(ours), qrels, runs))
    assert len(theirs) == len(ours) * len(cases)
    for theirs_one in theirs:
        assert ours[theirs_one.measure][int(theirs_one.query_id)] == pytest.approx(theirs_one.value, abs=1e-9)


def test_ndcg_by_hand() -> None:
    # Gains 3, 0, 1 against the ideal 3, 2, 1.
    ideal = 3 + 2 / np.log2(3) + 1 / 2
    assert metrics.ndcg([3, 0, 1], [1, 2, 3, 0], 10) == pytest.approx((3 + 1 / 2) / ideal)
    assert metrics.ndcg([3, 0, 1], [1, 2, 3, 0], 1) == 1.0


def test_other_accuracy_metrics_by_hand() -> None:
    ranked, judged = [0, 2, 0, 1], [1, 1, 2, 0]
    assert metrics.average_precision(ranked, judged) == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert metrics.reciprocal_rank(ranked) == 0.5
    assert metrics.precision(ranked, 10) == pytest.approx(0.2)
    assert metrics.recall(ranked, judged, 2) == pytest.approx(1 / 3)
    assert [metrics.hit_rate(ranked, k) for k in (1, 2)] == [0.0, 1.0]


def test_nothing_relevant_or_nothing_ranked_scores_zero() -> None:
    for ranked, judged in itertools.product(([0, 0], []), ([0, -1], [2])):
        assert metrics.ndcg(ranked, judged, 10) == 0
        assert metrics.average_precision(ranked, judged) == 0
        assert metrics.recall(ranked, judged, 10) == 0
        assert metrics.reciprocal_rank(ranked) == 0
        assert metrics.hit_rate(ranked, 10) == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_auc_equals_scikit_learn_with_ties(candidates: list[tuple[bool, int]]) -> None:
    from sklearn.metrics import roc_auc_score

    clicked, scores = zip(*candidates, strict=True)
    ours = metrics.auc(clicked, scores)
    if len(set(clicked)) == 2:
        assert ours == pytest.approx(roc_auc_score(clicked, scores), abs=1e-9)
    else:
        assert np.isnan(ours)


def test_auc_of_equal_scores_is_one_half_and_unranked_candidates_tie_last() -> None:
    assert metrics.auc([1, 0, 0], [5, 5, 5]) == 0.5
    assert metrics.auc([1, 0, 0], [-np.inf, -np.inf, 2.0]) == 0.25


@given(st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=2, max_size=8))
def test_diversity_equals_one_minus_mean_of_scikit_learns_cosines(vectors: list[list[int]]) -> None:
    from sklearn.metrics.pairwise import cosine_similarity

    pairs = [cosine_similarity([a], [b])[0, 0] for a, b in itertools.combinations(vectors, 2)]
    assert metrics.intra_list_diversity(vectors) == pytest.approx(1 - np.mean(pairs), abs=1e-9)


def test_diversity_of_blocks_and_short_lists() -> None:
    assert metrics.intra_list_diversity([[[1, 0], [0, 2]], [[3, 0], [1, 0]]]) == pytest.approx([1, 0])
    assert np.isnan(metrics.intra_list_diversity([[1, 0]]))


def test_coverage_counts_each_item_once() -> None:
    assert metrics.coverage([[0, 1], [1, 3]], 8) == 3 / 8


def test_novelty_by_hand() -> None:
    assert metrics.novelty([8, 2, 0], 8) == pytest.approx((0 + 2 + 3) / 3)  # nobody counts as one reader
    assert np.isnan(metrics.novelty([], 8))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_gini_is_half_the_relative_mean_difference(counts: list[int]) -> None:
    differences = np.abs(np.subtract.outer(counts, counts)).mean()
    expected = differences / (2 * np.mean(counts)) if any(counts) else 0
    assert metrics.gini(counts) == pytest.approx(expected, abs=1e-9)
    assert metrics.gini([0, 0, 0, 7]) == 3 / 4
