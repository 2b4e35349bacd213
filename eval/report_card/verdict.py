"""Rankings of hidden days compared by day: hits in the ten of the day, and paired differences to Shortlist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.eval.report_card.hidden_days import HiddenDay
from shortlist.eval.stats.significance import Comparison, compare, holm

TOP = 10
LEAST_DAYS = 10  # fewer say nothing
ALPHA = 0.05
OURS = "shortlist"

Rankings = Mapping[str, Sequence[Sequence[str]]]  # ids for each day, best first, by the name of the ranking


@dataclass(frozen=True, slots=True)
class Standing:
    """The hits of one ranking. `comparison` is Shortlist less this one by day; None for Shortlist itself.

    `differs` is true if its p-value, corrected for all rankings, is below `ALPHA`.
    """

    name: str
    hits: int
    comparison: Comparison | None = None
    differs: bool = False


def missing_days(days: Sequence[HiddenDay]) -> int:
    """Return how many more days are needed for a verdict."""
    return max(0, LEAST_DAYS - len(days))


def standings(days: Sequence[HiddenDay], rankings: Rankings, seed: int) -> list[Standing]:
    """Return the standing of each ranking, most hits first."""
    hits = {name: _hits(days, lists) for name, lists in rankings.items()}
    others = [name for name in hits if name != OURS]
    compared = {name: compare(hits[OURS], hits[name], seed) for name in others}
    adjusted = dict(zip(others, holm([compared[name].p for name in others]).tolist(), strict=True))
    found = [
        Standing(name, int(by_day.sum()), compared.get(name), adjusted.get(name, 1.0) < ALPHA)
        for name, by_day in hits.items()
    ]
    return sorted(found, key=lambda one: (-one.hits, one.name != OURS, one.name))


def _hits(days: Sequence[HiddenDay], lists: Sequence[Sequence[str]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    pairs = zip(days, lists, strict=True)
    return np.array([len(day.watched.intersection(ids[:TOP])) for day, ids in pairs], dtype=np.float64)
