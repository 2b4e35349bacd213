"""Fusion of several legs into one retriever."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.notes import Note
from shortlist.core.ranking import Query, Ranking
from shortlist.retrieval.filters import Allowed
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg, LegScores
from shortlist.retrieval.legs.popular import freshness
from shortlist.retrieval.retriever import BatchRetriever
from shortlist.retrieval.vectors.arrays import Ints, Scores
from shortlist.retrieval.vectors.topk import best_first, distinct

FALLBACK = "popular"
BASELINE = 30  # rivals of which the average is what contributions are measured against
POPULAR_ONLY = Note("popular-only", "nothing to search by: the popular and the fresh")


def min_max(scores: Scores) -> Scores:
    """`scores` moved and scaled to lie between 0 and 1; zeros where all are equal, for then they decide nothing."""
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    return (scores - low) / (high - low) if high > low else np.zeros(len(scores))


def weighted_shares(scores: Mapping[str, Scores], weights: Mapping[str, float]) -> dict[str, Scores]:
    """The part of each leg, float64[n], in the weighted mean of all legs' min-max scores over the same n rows.

    The mean is the sum of the parts, between 0 and 1. `weights` may name legs that have no scores here: those of the
    others count for more.
    """
    names = sorted(scores)  # so that the order in which legs are listed cannot change the last digit
    total = sum(weights[name] for name in names)
    return {name: weights[name] / total * min_max(scores[name]) for name in names}


def reciprocal_ranks(ranking: Ints, rows: Ints, constant: float) -> Scores:
    """float64[len(rows)]: 1 / (constant + rank) of each of `rows`, which ascend; 0 where `ranking` lacks it.

    Summed over rankings, it is their fusion: Cormack, Clarke and Buettcher, Reciprocal Rank Fusion, SIGIR 2009.
    """
    parts = np.zeros(len(rows))
    parts[np.searchsorted(rows, ranking)] = 1 / (constant + np.arange(1, len(ranking) + 1))
    return parts


class Hybrid(BatchRetriever):
    """Asks every leg for its best `depth` whatever k is (a larger k deepens it), and joins what they find.

    Legs with a weight of 0 are not asked, legs that a query gives nothing to go by are left out; where none remains,
    `popular` answers alone and a note says so. `text_weights` hold where the query has a text, `weights` elsewhere.
    What is old loses up to the share `freshness` of its score.

    A fused score is a sum of one part a leg. The `contributions` of a ranking are these parts less their mean over the
    `BASELINE` best candidates: the exact Shapley value of each leg for each video, against the average rival. All
    candidates as the baseline say what brought a video among the best, and less well what put it above its rivals.
    """

    origin: ClassVar[str]

    def __init__(self, snapshot: Snapshot, legs: Mapping[str, Leg[Any]], config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._legs = legs
        self._config = config
        fresh = freshness(snapshot, config.fresh_half_life_days)
        self._kept = 1 - config.freshness * (1 - fresh) if config.freshness else np.ones(len(snapshot))

    @abstractmethod
    def join(
        self, opinions: Mapping[str, LegScores], rows: Ints, weights: Mapping[str, float]
    ) -> tuple[dict[str, Scores], Sequence[Ranking]]:
        """Each leg's part in the score of each of `rows`, which ascend, and the rankings of the legs."""

    def answer(self, queries: Sequence[Query], asked: Sequence[Allowed]) -> list[Ranking]:
        """See `BatchRetriever`."""
        weights = [self._weights(query) for query in queries]
        opinions: list[dict[str, LegScores]] = [{} for _ in queries]
        for name in self._legs:
            self._ask(name, [at for at, chosen in enumerate(weights) if name in chosen], queries, asked, opinions)
        silent = [at for at, found in enumerate(opinions) if not found]
        self._ask(FALLBACK, silent, queries, asked, opinions)
        return [self._fuse(*one) for one in zip(queries, opinions, weights, strict=True)]

    def _weights(self, query: Query) -> dict[str, float]:
        chosen = self._config.text_weights if query.text else self._config.weights
        return {name: weight for name, weight in chosen.items() if weight > 0}

    def _ask(
        self,
        name: str,
        chosen: Sequence[int],
        queries: Sequence[Query],
        asked: Sequence[Allowed],
        opinions: Sequence[dict[str, LegScores]],
    ) -> None:
        """Add what the leg `name` says to the opinions on the `chosen` queries."""
        if not chosen:
            return
        depths = [max(self._config.depth, queries[at].k) for at in chosen]
        found = self._legs[name].ask([queries[at] for at in chosen], [asked[at] for at in chosen], depths)
        for at, opinion in zip(chosen, found, strict=True):
            if opinion is not None:
                opinions[at][name] = opinion

    def _fuse(self, query: Query, opinions: Mapping[str, LegScores], weights: Mapping[str, float]) -> Ranking:
        rows = distinct(np.concatenate([opinion.rows for opinion in opinions.values()]))
        parts, sources = self.join(opinions, rows, {name: weights.get(name, 1.0) for name in opinions})
        parts = {name: part * self._kept[rows] for name, part in parts.items()}
        scores = np.sum([parts[name] for name in sorted(parts)], axis=0)
        best = best_first(scores, self.snapshot.order[rows], max(query.k, BASELINE))
        order, rivals = best[: query.k], best[:BASELINE]
        return self.snapshot.ranking(
            rows[order],
            scores[order],
            self.origin,
            sources=tuple(sources),
            notes=(POPULAR_ONLY,) if set(opinions) == {FALLBACK} else (),
            contributions={name: part[order] - part[rivals].mean() for name, part in parts.items() if len(part)},
        )


class WeightedMean(Hybrid):
    """Weighted mean of min-max scores: every leg scores all that any leg found, so no score is missing."""

    origin: ClassVar[str] = "fusion"

    def join(
        self, opinions: Mapping[str, LegScores], rows: Ints, weights: Mapping[str, float]
    ) -> tuple[dict[str, Scores], Sequence[Ranking]]:
        """See `Hybrid`; the legs' rankings hold all of `rows`."""
        scores = {name: opinion.of(rows) for name, opinion in opinions.items()}
        confident = {name: weights[name] * opinion.confidence for name, opinion in opinions.items()}
        ranked = [self._ranked(name, rows, scores[name], opinion.confidence) for name, opinion in opinions.items()]
        return weighted_shares(scores, confident), ranked

    def _ranked(self, name: str, rows: Ints, scores: Scores, confidence: float) -> Ranking:
        order = best_first(scores, self.snapshot.order[rows])
        return self.snapshot.ranking(rows[order], scores[order], name, confidence=confidence)


class ReciprocalRanks(Hybrid):
    """Reciprocal rank fusion of the legs' own lists, all counting alike."""

    origin: ClassVar[str] = "rrf"

    def join(
        self, opinions: Mapping[str, LegScores], rows: Ints, weights: Mapping[str, float]
    ) -> tuple[dict[str, Scores], Sequence[Ranking]]:
        """See `Hybrid`; the legs' rankings are their own lists."""
        parts = {name: reciprocal_ranks(one.rows, rows, self._config.rrf_k) for name, one in opinions.items()}
        return parts, [self.snapshot.ranking(one.rows, one.scores, name) for name, one in opinions.items()]


FUSIONS: Mapping[str, type[Hybrid]] = {"weighted": WeightedMean, "rrf": ReciprocalRanks}
