"""What all legs share: a leg says how it scores and where its best rows are, the rest follows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

import numpy as np

from shortlist.core.ranking import Query, Ranking
from shortlist.retrieval.filters import Allowed
from shortlist.retrieval.retriever import BatchRetriever
from shortlist.retrieval.vectors.arrays import Bools, Ints, Scores
from shortlist.retrieval.vectors.topk import best_first


class Scoring(Protocol):
    """One leg's measure for one query."""

    def at(self, rows: Ints) -> Scores:
        """float64[len(rows)], the exact scores: a row's score does not depend on the other rows or queries."""
        ...


S = TypeVar("S", bound=Scoring)


@dataclass(frozen=True, slots=True, eq=False)
class LegScores:
    """One leg's answer to one query: its best `rows`, best first, their `scores`, and how it scores any row.

    A fusion multiplies the weight of the leg by `confidence`, from 0 to 1.
    """

    rows: Ints
    scores: Scores
    scoring: Scoring
    confidence: float = 1.0

    def of(self, rows: Ints) -> Scores:
        """float64[len(rows)]: the score of each of `rows`, which ascend and hold all of its own."""
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
        """How each query scores rows; None where a query gives this leg nothing to go by."""

    @abstractmethod
    def best(self, scorings: Sequence[S], asked: Sequence[Allowed], depths: Sequence[int]) -> list[Ints]:
        """Rows, all within the masks, that are sure to include the best `depths[i]` of `scorings[i]`, in any order."""

    def confidence(self, scoring: S, best: int) -> float:
        """How much of its weight the leg deserves, from 0 to 1, where the row `best` is its best."""
        return 1.0

    def ask(self, queries: Sequence[Query], asked: Sequence[Allowed], depths: Sequence[int]) -> list[LegScores | None]:
        """The opinion on each query: its best `depths[i]` rows, or all the rows that the query names."""
        opinions: list[LegScores | None] = [None] * len(queries)
        searched: list[tuple[int, S]] = []
        for at, scoring in enumerate(self.weigh(queries)):
            named = asked[at].rows
            if scoring is not None and named is not None:
                opinions[at] = self._opinion(scoring, named, len(named))
            elif scoring is not None:
                searched.append((at, scoring))
        limits, limit = [asked[at] for at, _ in searched], [depths[at] for at, _ in searched]
        found = self.best([scoring for _, scoring in searched], limits, limit)
        for (at, scoring), rows in zip(searched, found, strict=True):
            opinions[at] = self._opinion(scoring, rows, depths[at])
        return opinions

    def answer(self, queries: Sequence[Query], asked: Sequence[Allowed]) -> list[Ranking]:
        """See `BatchRetriever`; empty where the query gives this leg nothing to go by."""
        opinions = self.ask(queries, asked, [query.k for query in queries])
        nothing = Ranking((), np.empty(0), self.name)
        return [
            nothing
            if opinion is None
            else self.snapshot.ranking(opinion.rows[: query.k], opinion.scores[: query.k], self.name)
            for query, opinion in zip(queries, opinions, strict=True)
        ]

    def score(self, query: Query, rows: Ints) -> Scores:
        """float64[len(rows)]: the exact score of each of `rows`; zeros where the query gives nothing to go by."""
        scoring = self.weigh([query])[0]
        return np.zeros(len(rows)) if scoring is None else scoring.at(rows)

    def _opinion(self, scoring: S, rows: Ints, depth: int) -> LegScores:
        scores = scoring.at(rows)
        order = best_first(scores, self.snapshot.order[rows], depth)
        confidence = self.confidence(scoring, int(rows[order[0]])) if len(order) else 1.0
        return LegScores(rows[order], scores[order], scoring, confidence)


def first_allowed(ranked: Ints, mask: Bools | None, depth: int) -> Ints:
    """The first `depth` of the `ranked` rows that `mask` lets through."""
    if mask is None:
        return ranked[:depth]
    reach = 2 * depth
    while True:
        head = ranked[:reach]
        found = head[mask[head]]
        if len(found) >= depth or reach >= len(ranked):
            return found[:depth]
        reach *= 4
