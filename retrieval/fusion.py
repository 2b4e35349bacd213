"""Joining scores that have no common unit: weighted min-max, and reciprocal ranks for comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shortlist.retrieval.arrays import Ints, Scores


def min_max(scores: Scores) -> Scores:
    """`scores` moved and scaled to lie between 0 and 1; zeros where all are equal, for then they decide nothing."""
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    return (scores - low) / (high - low) if high > low else np.zeros(len(scores))


def weighted_mean(scores: Mapping[str, Scores], weights: Mapping[str, float]) -> Scores:
    """float64[n] between 0 and 1: the mean of each leg's min-max scores over the same n rows.

    `weights` may name legs that have no scores here: those of the others count for more.
    """
    names = sorted(scores)  # so that the order in which legs are listed cannot change the last digit
    total = sum(weights[name] for name in names)
    shares = [weights[name] / total * min_max(scores[name]) for name in names]
    return np.asarray(np.sum(shares, axis=0))


def reciprocal_ranks(rankings: Sequence[Ints], rows: Ints, constant: float) -> Scores:
    """float64[len(rows)]: the sum over rankings of 1 / (constant + rank); a ranking without the row adds 0.

    `rows` ascend. Cormack, Clarke and Buettcher, Reciprocal Rank Fusion, SIGIR 2009.
    """
    fused = np.zeros(len(rows))
    for ranking in rankings:
        fused[np.searchsorted(rows, ranking)] += 1 / (constant + np.arange(1, len(ranking) + 1))
    return fused
