"""Base class of the legs. A subclass implements `weigh` and `best`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

import numpy as np

from shortlist.core.ranking import Query, Ranking
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.retriever import BatchRetriever
from shortlist.retrieval.vectors.arrays import Bools, Ints, Scores
from shortlist.retrieval.vectors.topk import best_first


class Scoring(Protocol):
    """Scores rows for one query."""

    def at(self, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the exact score of each of `rows`, which does not depend on other queries."""
        ...


S = TypeVar("S", bound=Scoring)


@dataclass(frozen=True, slots=True, eq=False)
class LegScores:
    """The result of one leg for one query: its best `rows`, best first, and their `scores`.

    `scoring` scores any other row. A fusion multiplies the weight of the leg by `confidence`, from 0 to 1.
    """

    rows: Ints
    scores: Scores
    scoring: Scoring
    confidence: float = 1.0

    def of(self, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the score of each of `rows`, which are ascending and include `self.rows`."""
        scores, other = np.empty(len(rows)), np.ones(len(rows), dtype=np.bool_)
        own = np.searchsorted(rows, self.rows)
        scores[own], other[own] = self.scores, False
        scores[other] = self.scoring.at(rows[other])
        return scores


class Leg(BatchRetriever, Generic[S]):
    """One way to score videos, over one snapshot."""

    name: ClassVar[str]

    @abstractmethod
    def weigh(self, queries: Sequence[Query]) -> list[S | None]:
        """Return a scoring for each query, or None for a query that this leg cannot answer."""

    @abstractmethod
    def best(self, scorings: Sequence[S], allowed: Sequence[AllowedRows], depths: Sequence[int]) -> list[Ints]:
        """Return rows within the masks that include the best `depths[i]` of `scorings[i]`, in any order."""

    def confidence(self, scoring: S, best: int) -> float:
        """Return the factor, from 0 to 1, of the leg's weight for a query whose best row is `best`."""
        return 1.0

    def retrieve(
        self, queries: Sequence[Query], allowed: Sequence[AllowedRows], depths: Sequence[int]
    ) -> list[LegScores | None]:
        """Return the best `depths[i]` rows of each query, or all its candidates; None if this leg cannot answer it."""
        results: list[LegScores | None] = [None] * len(queries)
        pending: list[tuple[int, S]] = []
        for at, scoring in enumerate(self.weigh(queries)):
            candidates = allowed[at].rows
            if scoring is not None and candidates is not None:
                results[at] = self._leg_scores(scoring, candidates, len(candidates))
            elif scoring is not None:
                pending.append((at, scoring))
        limits, limit = [allowed[at] for at, _ in pending], [depths[at] for at, _ in pending]
        found = self.best([scoring for _, scoring in pending], limits, limit)
        for (at, scoring), rows in zip(pending, found, strict=True):
            results[at] = self._leg_scores(scoring, rows, depths[at])
        return results

    def answer(self, queries: Sequence[Query], allowed: Sequence[AllowedRows]) -> list[Ranking]:
        """See `BatchRetriever`. Empty for a query that this leg cannot answer."""
        results = self.retrieve(queries, allowed, [query.k for query in queries])
        empty = Ranking((), np.empty(0), self.name)
        return [
            empty
            if result is None
            else self.snapshot.ranking(result.rows[: query.k], result.scores[: query.k], self.name)
            for query, result in zip(queries, results, strict=True)
        ]

    def score(self, query: Query, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the exact score of each of `rows`; zeros if this leg cannot answer the query."""
        scoring = self.weigh([query])[0]
        return np.zeros(len(rows)) if scoring is None else scoring.at(rows)

    def _leg_scores(self, scoring: S, rows: Ints, depth: int) -> LegScores:
        scores = scoring.at(rows)
        order = best_first(scores, self.snapshot.order[rows], depth)
        confidence = self.confidence(scoring, int(rows[order[0]])) if len(order) else 1.0
        return LegScores(rows[order], scores[order], scoring, confidence)


def first_allowed(ranked: Ints, mask: Bools | None, depth: int) -> Ints:
    """Return the first `depth` of the `ranked` rows that pass `mask`, bool[n]."""
    if mask is None:
        return ranked[:depth]
    reach = 2 * depth
    while True:
        head = ranked[:reach]
        found = head[mask[head]]
        if len(found) >= depth or reach >= len(ranked):
            return found[:depth]
        reach *= 4
