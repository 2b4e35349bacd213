"""clicks: how often readers chose a video of those who were shown it, before the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.legs import LEGS, LegSpec
from shortlist.core.ranking import Query
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.act_log import WINDOWS_US
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg, first_allowed
from shortlist.retrieval.vectors.arrays import Bools, Ints, Scores
from shortlist.retrieval.vectors.topk import best_first

PRIOR = 10.0  # impressions of a usual video that every video starts with
FULL = 1000.0  # impressions from which the leg counts in full


@dataclass(frozen=True, slots=True, eq=False)
class ClickRates:
    """The smoothed log click rates at one moment, `until`, of the videos of `snapshot`; `usual` is that of all."""

    snapshot: Snapshot
    until: int
    usual: float
    impressions: int

    def counts(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return how often each of `rows` was chosen, and shown, int64[len(rows)] each."""
        numbers, log = self.snapshot.log_numbers[rows], self.snapshot.log
        chosen, shown = (
            part.count(numbers, self.until - WINDOWS_US["week"], self.until) for part in (log.chosen, log.shown)
        )
        # A video may be chosen where it was not logged as shown: in a search, or at another place.
        return chosen, np.maximum(shown, chosen)

    def at(self, rows: Ints) -> Scores:
        """Return float64[len(rows)]: log((chosen + `PRIOR` x usual) / (shown + `PRIOR`))."""
        chosen, shown = self.counts(rows)
        return np.log((chosen + PRIOR * self.usual) / (shown + PRIOR))


@dataclass(frozen=True, slots=True, eq=False)
class KnownRates(ClickRates):
    """Rates that were looked up before, `known` float64[n] for all rows; `ranked` has the rows, best first."""

    known: Scores
    ranked: Ints

    def at(self, rows: Ints) -> Scores:
        """See `ClickRates`."""
        return self.known[rows]


class Clicks(Leg[ClickRates]):
    """The click rate of each video in the week before the request. Answers nothing without a log of impressions.

    The leg counts in a fusion as far as there are impressions before the request, up to `FULL`.
    """

    name: ClassVar[str] = "clicks"

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._logged = np.flatnonzero(snapshot.log_numbers >= 0)
        others = np.flatnonzero(snapshot.log_numbers < 0)
        self._others = others[np.argsort(snapshot.order[others])]  # all of them have the usual rate

    def weigh(self, queries: Sequence[Query]) -> list[ClickRates | None]:
        """See `Leg`. None where nothing was shown before the request."""
        return [self._now if query.at is None else click_rates(self.snapshot, query) for query in queries]

    def best(self, scorings: Sequence[ClickRates], allowed: Sequence[AllowedRows], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`."""
        one_by_one = zip(scorings, allowed, depths, strict=True)
        return [self._best(rates, limits.mask, depth) for rates, limits, depth in one_by_one]

    def confidence(self, scoring: ClickRates, best: int) -> float:
        """See `Leg`."""
        return min(1.0, scoring.impressions / FULL)

    @cached_property
    def _now(self) -> ClickRates | None:
        """The rates after the newest act, which are those of every request that names no time."""
        rates = click_rates(self.snapshot, Query(k=1))
        if rates is None:
            return None
        known = rates.at(np.arange(len(self.snapshot)))
        ranked = best_first(known, self.snapshot.order)
        return KnownRates(rates.snapshot, rates.until, rates.usual, rates.impressions, known, ranked)

    def _best(self, rates: ClickRates, mask: Bools | None, depth: int) -> Ints:
        if isinstance(rates, KnownRates):
            return first_allowed(rates.ranked, mask, depth)
        logged = self._logged if mask is None else self._logged[mask[self._logged]]
        return np.concatenate((logged, first_allowed(self._others, mask, depth)))


def click_rates(snapshot: Snapshot, query: Query) -> ClickRates | None:
    """Return the rates at the time of `query`; None where nothing was shown before it."""
    log = snapshot.log
    until = log.until(query.at)
    shown = log.shown.total(until)
    if not shown:
        return None
    usual = max(1, log.chosen.total(until)) / max(shown, log.chosen.total(until))
    return ClickRates(snapshot, until, usual, shown)


def register() -> None:
    """Add the leg."""
    LEGS.add(
        Clicks.name,
        LegSpec(Clicks, ranker_depth=5, about="click rates in the week before the request", kinds=("mind", "events")),
    )
