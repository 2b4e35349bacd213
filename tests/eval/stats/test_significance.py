"""Significance: against scipy, and by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shortlist.core.errors import RecordError
from shortlist.eval.stats.significance import bootstrap, compare, holm, randomisation_p, win_tie_loss

TENTHS = st.integers(-10, 10).map(lambda n: n / 10)


@settings(max_examples=40)
@example([0.2, 0.9, -0.2, -0.2, -0.7])  # 0, but not in floating point
@given(st.lists(TENTHS, min_size=1, max_size=9))
def test_small_p_is_exact(values: list[float]) -> None:
    flips = np.array(np.meshgrid(*[[1, -1]] * len(values))).reshape(len(values), -1)
    sums = np.abs(np.asarray(values) @ flips)
    expected = np.mean(sums >= abs(sum(values)) - 1e-9)
    assert randomisation_p(values, seed=0) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.8])
def test_p_agrees_with_scipy(shift: float) -> None:
    from scipy import stats

    a, b = np.random.default_rng(3).normal(size=(2, 12))
    theirs = stats.permutation_test(
        (a + shift, b), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", vectorized=True,
        n_resamples=2**13,
    ).pvalue  # fmt: skip
    assert randomisation_p(a + shift - b, seed=0) == pytest.approx(theirs, abs=1e-9)


def test_large_p_is_near_the_t_test_and_never_zero() -> None:
    from scipy import stats

    values = np.random.default_rng(5).normal(0.1, 1, 400)
    assert randomisation_p(values, seed=0) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, abs=0.01)
    assert randomisation_p(np.ones(400), seed=0) == 1 / 10_001


def test_p_by_hand() -> None:
    assert randomisation_p([0.1, 0.2, 0.3, 0.0, 0.0], seed=0) == 2 / 8  # only all plus or all minus is as extreme
    assert randomisation_p([0.0, 0.0], seed=0) == 1
    assert randomisation_p([], seed=0) == 1
    assert randomisation_p([0.4], seed=0) == 1  # one reader decides nothing


@pytest.mark.parametrize("n_distinct", [None, 3])
def test_interval_agrees_with_scipy(n_distinct: int | None) -> None:
    from scipy import stats

    rng = np.random.default_rng(7)
    values = rng.normal(size=300) if n_distinct is None else rng.integers(0, n_distinct, 300).astype(float)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=10_000, rng=1).confidence_interval
    ours = bootstrap(values, seed=1)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)
    assert ours.mean == pytest.approx(values.mean())


@given(st.lists(TENTHS, min_size=1, max_size=40), st.integers(0, 3))
def test_interval_holds_only_possible_means_and_is_seeded(values: list[float], seed: int) -> None:
    interval = bootstrap(values, seed, resamples=200)
    assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9
    assert interval == bootstrap(values, seed, resamples=200)


def test_interval_of_one_query_and_of_none() -> None:
    one = bootstrap([0.3], seed=0)
    assert (one.low, one.mean, one.high, one.n) == (0.3, 0.3, 0.3, 1)
    none = bootstrap([np.nan], seed=0)
    assert none.n == 0
    assert np.isnan(none.mean)


def test_holm_by_hand() -> None:
    # Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1 = 0.04, 0.06, 0.06, 0.04; the last is raised to 0.06.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    assert holm([]).size == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_lies_between_the_raw_p_and_bonferroni_and_keeps_the_order(p: list[float]) -> None:
    adjusted = holm(p)
    assert np.all(adjusted >= np.asarray(p))
    assert np.all(adjusted <= np.minimum(np.asarray(p) * len(p), 1) + 1e-12)
    assert np.all(np.diff(adjusted[np.argsort(p)]) >= 0)


def test_compare_leaves_out_undefined_queries() -> None:
    comparison = compare([1.0, 0.5, np.nan, 0.2], [0.5, 0.5, np.nan, 0.4], seed=0)
    assert (comparison.wins, comparison.ties, comparison.losses) == (1, 1, 1)
    assert comparison.difference.n == 3
    assert comparison.difference.mean == pytest.approx(0.1)
    assert comparison.p == 1


def test_win_tie_loss_forgives_rounding() -> None:
    assert win_tie_loss([0.1 + 0.2 - 0.3, 1, -1, -1]) == (1, 1, 2)


def test_unpaired_and_infinite_scores_are_refused() -> None:
    with pytest.raises(RecordError, match="found 2 and 1"):
        compare([1, 2], [1], seed=0)
    with pytest.raises(RecordError, match="1 infinite"):
        bootstrap([1, np.inf], seed=0)


def test_ten_thousand_resamples_of_fifty_thousand_hits_are_quick() -> None:
    hits = (np.random.default_rng(0).random(50_000) < 0.05).astype(float)
    start = time.process_time()
    bootstrap(hits, seed=0)
    assert time.process_time() - start < 1
