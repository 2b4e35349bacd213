"""Plain coordinate search that changes nothing for what may be chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

ROUNDS = 4
FEWEST = 5  # queries that can tell a gain from chance

Point = dict[str, float]
Scores = npt.NDArray[np.float64]


def coordinate_search(
    start: Mapping[str, float], values: Sequence[float], objective: Callable[[Point], Scores]
) -> tuple[Point, float]:
    """The best point found, and the mean of its scores; `objective` gives one score a query, NaN where undefined.

    Each coordinate in turn takes the best of `values`, where that gains more than the standard error of the gain, until
    none does. `start` counts as tried, so the result is never worse.
    """
    known: dict[tuple[float, ...], Scores] = {}

    def scores_of(point: Point) -> Scores:
        key = tuple(point.values())
        if key not in known:
            known[key] = objective(point)
        return known[key]

    best = dict(start)
    for _ in range(ROUNDS):
        before = dict(best)
        for name in best:
            tried = [{**best, name: value} for value in values]
            found = max(tried, key=lambda point: float(np.nanmean(scores_of(point))))  # of equals the first
            if gains(scores_of(found) - scores_of(best)):
                best = found
        if best == before:
            break
    return best, float(np.nanmean(scores_of(best)))


def gains(differences: Scores, errors: float = 1.0) -> bool:
    """Whether paired `differences`, float64[n], NaN where undefined, are on average more than so many standard errors.

    Fewer than `FEWEST` never are.
    """
    defined = differences[~np.isnan(differences)]
    if defined.size < FEWEST:
        return False
    return bool(defined.mean() > errors * defined.std(ddof=1) / np.sqrt(defined.size))
