"""popular: what many liked lately, and what is new. It asks nothing of a query, so it always answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np

from core.config import RetrievalConfig
from core.ranking import Query
from retrieval.arrays import Ints, Scores
from retrieval.filters import Allowed
from retrieval.legs.constant import RowScores, best_rows
from retrieval.legs.leg import Leg
from retrieval.snapshot import Snapshot

_DAY_S = 86_400.0


class Popular(Leg[RowScores]):
    """log(1 + decayed events) as a share of the highest, plus `fresh_weight` x 2^(-age / `fresh_half_life_days`).

    Age counts from the newest video: the same snapshot gives the same scores on any day.
    """

    name: ClassVar[str] = "popular"

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._config = config

    def weigh(self, queries: Sequence[Query]) -> list[RowScores | None]:
        """See `Leg`; every query gets the same scores."""
        return [self._scoring for _ in queries]

    def best(self, scorings: Sequence[RowScores], asked: Sequence[Allowed], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`."""
        return best_rows(self.snapshot, scorings, asked, depths)

    @cached_property
    def _scoring(self) -> RowScores:
        fresh = _freshness(self.snapshot.columns.published, self._config.fresh_half_life_days * _DAY_S)
        return RowScores(popularity_share(self.snapshot) + self._config.fresh_weight * fresh)


def popularity_share(snapshot: Snapshot) -> Scores:
    """float64[n]: log(1 + decayed events) of every row, divided by the highest; zeros where there are no events."""
    heat = np.log1p(snapshot.popularity)
    highest = heat.max(initial=0.0)
    return heat / highest if highest > 0 else heat


def _freshness(published: Scores, half_life_s: float) -> Scores:
    known = ~np.isnan(published)
    fresh = np.zeros(len(published))
    if known.any():
        fresh[known] = 0.5 ** ((published[known].max() - published[known]) / half_life_s)
    return fresh
