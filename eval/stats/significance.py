"""Paired randomisation tests, bootstrap intervals, Holm's correction.

All functions take scores by query, float[n], aligned by query. Queries with an undefined score (NaN, as AUC without a
click) are left out. Random numbers are seeded, so the same input gives the same result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shortlist.core.errors import RecordError

RESAMPLES = 10_000
EXACT_UP_TO = 16
LEVEL = 0.95
BLOCK_CELLS = 1 << 22  # of a matrix of resamples, which bounds memory

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over `n` queries and its interval; all NaN if there are no queries."""

    low: float
    mean: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variant against its baseline: the mean difference, its p-value, the numbers of queries won, tied and lost."""

    difference: Interval
    p: float
    wins: int
    ties: int
    losses: int


def compare(variant: npt.ArrayLike, baseline: npt.ArrayLike, seed: int) -> Comparison:
    """Compare `variant` minus `baseline` by query. Raises `RecordError` for other lengths or infinite scores."""
    ours, theirs = np.asarray(variant, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if ours.shape != theirs.shape:
        raise RecordError(
            "scores cannot be paired",
            expected="as many queries of the variant as of the baseline",
            found=f"{ours.size} and {theirs.size}",
            remedy="score both variants on the same data",
        )
    differences = _defined(ours - theirs)
    wins, ties, losses = win_tie_loss(differences)
    return Comparison(bootstrap(differences, seed), randomisation_p(differences, seed), wins, ties, losses)


def randomisation_p(differences: npt.ArrayLike, seed: int, resamples: int = RESAMPLES) -> float:
    """Return the two-sided p-value of a mean paired difference; under the null hypothesis all signs are random.

    Differences of 0 carry no information and are dropped. For up to 16 others, all 2**n sign patterns are counted, and
    p is exact; for more it is (1 + extreme) / (1 + resamples). Without any difference p is 1. Fisher 1935; Smucker,
    CIKM 2007.
    """
    values = _defined(differences)
    values = values[values != 0]
    rounding = 1e-12 * float(np.abs(values).sum())  # equal sums may differ in their last digits
    observed = abs(float(values.sum())) - rounding
    if values.size <= EXACT_UP_TO:
        return float(np.mean(np.abs(_all_signed_sums(values)) >= observed))
    extreme = sum(int(np.sum(np.abs(sums) >= observed)) for sums in _signed_sums(values, seed, resamples))
    return (1 + extreme) / (1 + resamples)


def bootstrap(values: npt.ArrayLike, seed: int, resamples: int = RESAMPLES, level: float = LEVEL) -> Interval:
    """Return the mean of `values` with its percentile bootstrap interval (Efron 1979) over queries.

    For a paired difference, pass the differences. The interval of a single query has no width.
    """
    defined = _defined(values)
    if not defined.size:
        return Interval(np.nan, np.nan, np.nan, 0)
    tail = (1 - level) / 2
    low, high = np.quantile(_resampled_means(defined, seed, resamples), [tail, 1 - tail])
    return Interval(float(low), float(defined.mean()), float(high), defined.size)


def holm(p_values: npt.ArrayLike) -> Values:
    """Return adjusted p-values, aligned with `p_values` float[m], for m comparisons with one baseline.

    The i-th smallest is multiplied by m - i + 1; the results are made non-decreasing and at most 1. Holm, Scand. J.
    Statistics 1979.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)), 1.0)
    return adjusted


def win_tie_loss(differences: npt.ArrayLike, tolerance: float = 1e-9) -> tuple[int, int, int]:
    """Return the numbers of differences above, within and below `tolerance` of 0."""
    values = _defined(differences)
    wins, losses = int(np.sum(values > tolerance)), int(np.sum(values < -tolerance))
    return wins, values.size - wins - losses, losses


def _defined(values: npt.ArrayLike) -> Values:
    array = np.asarray(values, dtype=np.float64).ravel()
    if np.isinf(array).any():
        raise RecordError(
            "bad scores",
            expected="finite numbers, or NaN where undefined",
            found=f"{int(np.isinf(array).sum())} infinite",
            remedy="check the metric",
        )
    return array[~np.isnan(array)]


def _all_signed_sums(values: Values) -> Values:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _signed_sums(values: Values, seed: int, resamples: int) -> list[Values]:
    rng = np.random.default_rng(seed)
    blocks = _blocks(resamples, values.size)
    positive = [rng.integers(0, 2, (rows, values.size), dtype=np.int8) @ values for rows in blocks]
    # A sum with random signs is twice the sum of its positive terms, minus the sum of all.
    return [2 * sums - values.sum() for sums in positive]


def _resampled_means(values: Values, seed: int, resamples: int) -> Values:
    rng = np.random.default_rng(seed)
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size * 16 <= values.size:  # few distinct scores, as hit rates have: draw the count of each of them
        return rng.multinomial(values.size, counts / values.size, resamples) @ distinct / values.size
    blocks = _blocks(resamples, values.size)
    return np.concatenate([values[rng.integers(0, values.size, (rows, values.size))].mean(axis=1) for rows in blocks])


def _blocks(rows: int, columns: int) -> list[int]:
    size = max(1, BLOCK_CELLS // columns)
    return [min(size, rows - start) for start in range(0, rows, size)]
