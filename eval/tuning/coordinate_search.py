"""Coordinate search that ignores gains within their standard error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

ROUNDS = 4
MIN_QUERIES = 5  # fewer queries cannot separate a gain from chance

Point = dict[str, float]
Scores = npt.NDArray[np.float64]


def coordinate_search(
    start: Mapping[str, float], values: Sequence[float], objective: Callable[[Point], Scores]
) -> tuple[Point, float]:
    """Return the best point and its mean score. `objective` returns one score for each query, NaN where undefined.

    Each coordinate in turn moves to the best of `values` if that gains more than the standard error of the gain, for at
    most `ROUNDS` rounds. The result is never worse than `start`.
    """
    cache: dict[tuple[float, ...], Scores] = {}

    def scores_of(point: Point) -> Scores:
        key = tuple(point.values())
        if key not in cache:
            cache[key] = objective(point)
        return cache[key]

    best = dict(start)
    for _ in range(ROUNDS):
        before = dict(best)
        for name in best:
            neighbours = [{**best, name: value} for value in values]
            candidate = max(neighbours, key=lambda point: float(np.nanmean(scores_of(point))))  # the first if tied
            if gains(scores_of(candidate) - scores_of(best)):
                best = candidate
        if best == before:
            break
    return best, float(np.nanmean(scores_of(best)))


def gains(differences: Scores, errors: float = 1.0) -> bool:
    """Return whether the mean of `differences`, float64[n], exceeds that many standard `errors`.

    NaN is left out. The result is False for fewer than `MIN_QUERIES` differences.
    """
    defined = differences[~np.isnan(differences)]
    if defined.size < MIN_QUERIES:
        return False
    return bool(defined.mean() > errors * defined.std(ddof=1) / np.sqrt(defined.size))
