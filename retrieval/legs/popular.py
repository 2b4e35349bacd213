"""popular: recent popularity plus freshness. It does not depend on the query, so it answers every query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.legs import LEGS, OF_READERS, LegSpec
from shortlist.core.ranking import Query
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg, first_allowed
from shortlist.retrieval.vectors.arrays import Ints, Scores
from shortlist.retrieval.vectors.topk import best_first

_DAY_S = 86_400.0


def freshness(snapshot: Snapshot, half_life_days: float) -> Scores:
    """Return float64[n]: 2^(-age / half-life), with ages from the newest live video; 0 if the age is unknown."""
    published = snapshot.columns.published
    known = snapshot.live & ~np.isnan(published)
    fresh = np.zeros(len(published))
    if known.any():
        fresh[known] = 0.5 ** ((published[known].max() - published[known]) / (half_life_days * _DAY_S))
    return fresh


@dataclass(frozen=True, slots=True, eq=False)
class Popularity:
    """`values` is float64[n]: the score of every row."""

    values: Scores

    def at(self, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the scores of `rows`, which are equal for all queries."""
        return self.values[rows]


class Popular(Leg[Popularity]):
    """log(1 + decayed readers) as a share of the highest, plus `fresh_weight` x 2^(-age / `fresh_half_life_days`).

    Ages are from the newest video, so a snapshot gives the same scores on any day.
    """

    name: ClassVar[str] = "popular"

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        fresh = freshness(snapshot, config.fresh_half_life_days)
        self._popularity = Popularity(popularity_share(snapshot) + config.fresh_weight * fresh)
        self._ranked = best_first(self._popularity.values, snapshot.order)

    def weigh(self, queries: Sequence[Query]) -> list[Popularity | None]:
        """See `Leg`. All queries have the same scores."""
        return [self._popularity] * len(queries)

    def best(self, scorings: Sequence[Popularity], allowed: Sequence[AllowedRows], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`."""
        return [first_allowed(self._ranked, limits.mask, depth) for limits, depth in zip(allowed, depths, strict=True)]


def popularity_share(snapshot: Snapshot) -> Scores:
    """Return float64[n]: log(1 + decayed readers) of every row, divided by the highest; zeros if all are 0."""
    popularity = np.log1p(snapshot.popularity)
    highest = popularity.max(initial=0.0)
    return popularity / highest if highest > 0 else popularity


def register() -> None:
    """Add the leg."""
    LEGS.add(Popular.name, LegSpec(Popular, weight=0.05, ranker_depth=10, kinds=OF_READERS))
