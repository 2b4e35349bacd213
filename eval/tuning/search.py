"""Plain coordinate search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

ROUNDS = 4
LEAST = 1e-6  # an improvement below this is none

Point = dict[str, float]


def coordinate_search(
    start: Mapping[str, float], values: Sequence[float], objective: Callable[[Point], float]
) -> tuple[Point, float]:
    """The best point found, and its objective: each coordinate in turn takes the best of `values`, until none improves.

    `start` counts as tried, so the result is never worse. Of equal values the first is kept.
    """
    best, score = dict(start), objective(dict(start))
    for _ in range(ROUNDS):
        before = score
        for name in best:
            for value in values:
                tried = {**best, name: value}
                found = objective(tried)
                if found > score + LEAST:
                    best, score = tried, found
        if score <= before + LEAST:
            break
    return best, score
