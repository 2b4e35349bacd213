"""Judge days by the spread of earlier days: the threshold of a distance is a prediction interval, not a table.

A day is compared with the quarter of the reference days that are most like it, so that Saturdays are compared with
Saturdays although nobody says which they are. Each reference day is compared with the others in the same way, without
its neighbours: days are like the day before, and the newest day has no neighbours among the reference days. The
logarithms of these distances predict the next one: a t interval for one further observation (Hahn, 1969).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from shortlist.ops.drift.divergence import Floats

MIN_REFERENCE = 7  # days; with fewer, nothing can be said about their spread
NEAREST = 0.25  # share of the reference days that a day is compared with
NEIGHBOURS = 2  # days before and after a reference day that it is not compared with
TINY = 1e-12  # of distances; there may be neither chance nor spread
LEAST_RATIO = 0.02  # added to distances before the logarithm, so that equal days do not widen the spread
LEAST_SPREAD = 0.1  # of the logarithms; a few equal days may agree by chance


@dataclass(frozen=True, slots=True)
class Distances:
    """Distances of days from reference days, float64[days, reference]; the reference days come first.

    `floor` is the distance that is expected if the days are equal. A distance is a square: half as many rows and twice
    the shift doubles it.
    """

    raw: Floats
    floor: Floats


@dataclass(frozen=True, slots=True)
class Judged:
    """For each day, float64[days]: the distance less its floor, the limit for it, and the p-value if nothing changed.

    `nearest` are the reference days that it was compared with, int64[days, nearest]. `excess` is the distance as a
    multiple of its limit, both with their floor. Where it is above 1, p is below the level.
    """

    value: Floats
    limit: Floats
    p: Floats
    excess: Floats
    nearest: npt.NDArray[np.int64]


def judge(distances: Distances, level: float) -> Judged:
    """Judge every day, the reference days each by the others, so that a day without drift is over with `level`.

    Raises `ValueError` for fewer than `MIN_REFERENCE` reference days.
    """
    raw, floor = distances.raw, distances.floor
    days, n = raw.shape
    if n < MIN_REFERENCE:
        raise ValueError(f"expected {MIN_REFERENCE} reference days or more, found {n}")
    apart = np.abs(np.arange(days)[:, None] - np.arange(n))
    others = apart > NEIGHBOURS
    others[n:] = True
    # The days' own spread beyond chance, so that days of few and of many rows can be compared.
    between = max(TINY, float(np.median((raw - floor)[:n][apart[:n] > 0])))
    ratios = np.where(others, raw / (floor + between), np.inf)
    nearest = np.argsort(ratios, axis=1, kind="stable")[:, : max(1, int(NEAREST * others.sum(1).min()))]
    own, chance = (np.take_along_axis(one, nearest, 1).mean(1) for one in (raw, floor))
    scale = chance + between
    logs = np.log(own / scale + LEAST_RATIO)
    centre, spread = logs[:n].mean(), max(LEAST_SPREAD, float(logs[:n].std(ddof=1)))
    width = spread * np.sqrt(1 + 1 / n)
    # What is expected by chance and between the days is never too far, however much alike the reference days are.
    highest = max(1.0, np.exp(centre + width * -stdtrit(n - 1, level)) - LEAST_RATIO)
    limit = scale * highest
    return Judged(own - chance, limit - chance, stdtr(n - 1, (centre - logs) / width), own / limit, nearest)
