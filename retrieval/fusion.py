"""Fusion of several legs into one retriever."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.notes import Note
from shortlist.core.ranking import LegPlaces, Query, Ranking
from shortlist.core.types import NO_OBJECTIVE, Objective
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg, LegScores
from shortlist.retrieval.legs.popular import freshness
from shortlist.retrieval.objective import OBJECTIVE, STRENGTH, agreement, wanted_rows
from shortlist.retrieval.retriever import BatchRetriever
from shortlist.retrieval.vectors.arrays import Ints, Scores
from shortlist.retrieval.vectors.topk import best_first, distinct, ranks_among

FALLBACK = "popular"
BASELINE = 30  # contributions are relative to the mean of this many candidates
Places = Callable[[Ints], Iterable[LegPlaces]]  # from positions in the ascending rows of all candidates
POPULAR_ONLY = Note("popular-only", "nothing to search by: the popular and the fresh")


def min_max(scores: Scores) -> Scores:
    """Return `scores` scaled linearly to 0 to 1; zeros if all are equal, because then they decide nothing."""
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    return (scores - low) / (high - low) if high > low else np.zeros(len(scores))


def weighted_shares(scores: Mapping[str, Scores], weights: Mapping[str, float]) -> dict[str, Scores]:
    """Return the part of each leg, float64[n], in the weighted mean of all legs' min-max scores over the same n rows.

    The mean is the sum of the parts, between 0 and 1. The weights of the legs in `scores` are normalised to sum to 1;
    other legs in `weights` are ignored.
    """
    names = sorted(scores)  # the order of the legs must not change the last digit of a sum
    total = sum(weights[name] for name in names)
    return {name: weights[name] / total * min_max(scores[name]) for name in names}


def reciprocal_ranks(ranking: Ints, rows: Ints, constant: float) -> Scores:
    """Return float64[len(rows)]: 1 / (constant + rank) of each of the ascending `rows`, 0 for rows not in `ranking`.

    The sum over rankings is their fusion: Cormack, Clarke and Buettcher, Reciprocal Rank Fusion, SIGIR 2009.
    """
    parts = np.zeros(len(rows))
    parts[np.searchsorted(rows, ranking)] = 1 / (constant + np.arange(1, len(ranking) + 1))
    return parts


def found_rows(leg_scores: Mapping[str, LegScores]) -> Ints:
    """Return the rows that any leg found, ascending."""
    return distinct(np.concatenate([one.rows for one in leg_scores.values()]))


class Fusion(BatchRetriever):
    """Fuses the best `depth` rows of every leg, or the best k if k is larger.

    Legs with a weight of 0 are not run, and legs that cannot answer a query are left out. If no leg remains, `popular`
    answers alone and a note says so. A query with a text uses `text_weights`, any other query the promoted weights or
    else `weights`. An old video loses up to the share `freshness` of its score. The reader's objective adds up to the
    share `STRENGTH` of the best score, or takes as much, as a part of its own.

    A fused score is a sum of one part per leg. The `contributions` of a ranking are these parts less their mean over
    the `BASELINE` best candidates: the exact Shapley value of each leg for each video, against the average of them. A
    mean over all candidates would explain why a video is among the best, but less well why it is ranked above them.
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
        self, query: Query, leg_scores: Mapping[str, LegScores], rows: Ints, weights: Mapping[str, float]
    ) -> tuple[dict[str, Scores], Places]:
        """Return each leg's part in the score of each of the ascending `rows`, and a function for the legs' places."""

    def answer(self, queries: Sequence[Query], allowed: Sequence[AllowedRows]) -> list[Ranking]:
        """See `BatchRetriever`."""
        leg_scores = self.leg_scores(queries, allowed)
        return [self._fuse(*one) for one in zip(queries, leg_scores, allowed, strict=True)]

    def leg_scores(self, queries: Sequence[Query], allowed: Sequence[AllowedRows]) -> list[dict[str, LegScores]]:
        """Return the result of each leg for each query, by the name of the leg; `popular` alone if no other answers."""
        weights = [self.weights(query) for query in queries]
        leg_scores: list[dict[str, LegScores]] = [{} for _ in queries]
        for name in self._legs:
            self._retrieve(
                name, [at for at, chosen in enumerate(weights) if name in chosen], queries, allowed, leg_scores
            )
        unanswered = [at for at, found in enumerate(leg_scores) if not found]
        self._retrieve(FALLBACK, unanswered, queries, allowed, leg_scores)
        return leg_scores

    def depth(self, name: str, query: Query) -> int:
        """Return the number of candidates that the leg `name` finds for `query`."""
        return max(self._config.depth, query.k)

    def weights(self, query: Query) -> dict[str, float]:
        """Return the weight of each leg to run for `query`."""
        for_readers = self.snapshot.trained.weights or self._config.weights
        chosen = {**(self._config.text_weights if query.text else for_readers), **dict(query.weights)}
        return {name: weight for name, weight in chosen.items() if weight > 0 and name in self._legs}

    def _retrieve(
        self,
        name: str,
        chosen: Sequence[int],
        queries: Sequence[Query],
        allowed: Sequence[AllowedRows],
        leg_scores: Sequence[dict[str, LegScores]],
    ) -> None:
        """Add the results of the leg `name` for the `chosen` queries to `leg_scores`."""
        if not chosen:
            return
        depths = [self.depth(name, queries[at]) for at in chosen]
        found = self._legs[name].retrieve([queries[at] for at in chosen], [allowed[at] for at in chosen], depths)
        for at, result in zip(chosen, found, strict=True):
            if result is not None:
                leg_scores[at][name] = result

    def _fuse(self, query: Query, leg_scores: Mapping[str, LegScores], allowed: AllowedRows) -> Ranking:
        rows, weights = self._candidates(query, leg_scores, allowed), self.weights(query)
        parts, places = self.join(query, leg_scores, rows, {name: weights.get(name, 1.0) for name in leg_scores})
        if query.profile and query.profile.objective != NO_OBJECTIVE:
            parts, places = self._with_objective(query.profile.objective, parts, places, rows)
        names = sorted(parts)  # the order of the legs must not change the last digit of a sum
        added = np.array([parts[name] for name in names]) * self._kept[rows]
        scores = added.sum(axis=0)
        best = best_first(scores, self.snapshot.order[rows], max(query.k, BASELINE))
        order, rivals = best[: query.k], best[:BASELINE]
        against_rivals = added[:, order] - added[:, rivals].sum(axis=1, keepdims=True) / max(1, len(rivals))
        return self.snapshot.ranking(
            rows[order],
            scores[order],
            self.origin,
            legs=tuple(places(order)),
            notes=(POPULAR_ONLY,) if set(leg_scores) == {FALLBACK} else (),
            contributions=dict(zip(names, against_rivals, strict=True)) if len(rows) else {},
        )

    def _candidates(self, query: Query, leg_scores: Mapping[str, LegScores], allowed: AllowedRows) -> Ints:
        """Return the rows that any leg found, and the most popular of what the reader wants more of, ascending."""
        rows = found_rows(leg_scores)
        wanted = wanted_rows(self.snapshot.columns, query.profile.objective) if query.profile else None
        if wanted is None or allowed.rows is not None:
            return rows
        only = AllowedRows(wanted if allowed.mask is None else wanted & allowed.mask)
        [found] = self._legs[FALLBACK].retrieve([query], [only], [self._config.depth])
        return rows if found is None else distinct(np.concatenate([rows, found.rows]))

    def _with_objective(
        self, objective: Objective, parts: dict[str, Scores], places: Places, rows: Ints
    ) -> tuple[dict[str, Scores], Places]:
        """Return the parts of all legs with one of the objective, and the places of all legs with its own."""
        agrees = agreement(self.snapshot.columns, rows, objective)
        best = np.sum([*parts.values()], axis=0).max(initial=0.0)

        def with_own(chosen: Ints) -> Iterator[LegPlaces]:
            yield from places(chosen)
            ranks = ranks_among(agrees, self.snapshot.order[rows], chosen)
            yield LegPlaces(OBJECTIVE, ranks, agrees[chosen], 1.0, partial(self._whole, OBJECTIVE, rows, agrees))

        return {**parts, OBJECTIVE: STRENGTH * best * agrees}, with_own

    def _whole(self, name: str, rows: Ints, scores: Scores) -> Ranking:
        order = best_first(scores, self.snapshot.order[rows])
        return self.snapshot.ranking(rows[order], scores[order], name)


class WeightedMean(Fusion):
    """Weighted mean of min-max scores. Every leg scores all rows that any leg found, so no score is missing."""

    origin: ClassVar[str] = "fusion"

    def join(
        self, query: Query, leg_scores: Mapping[str, LegScores], rows: Ints, weights: Mapping[str, float]
    ) -> tuple[dict[str, Scores], Places]:
        """See `Fusion`. Each leg ranks all of `rows`."""
        scores = {name: one.of(rows) for name, one in leg_scores.items()}
        confident = {name: weights[name] * one.confidence for name, one in leg_scores.items()}
        return weighted_shares(scores, confident), partial(self.places, leg_scores, rows, scores)

    def places(
        self, leg_scores: Mapping[str, LegScores], rows: Ints, scores: Mapping[str, Scores], chosen: Ints
    ) -> Iterator[LegPlaces]:
        """Yield the places of the rows at the `chosen` positions in `rows`, which each leg has given `scores`."""
        ties = self.snapshot.order[rows]
        for name, one in leg_scores.items():
            own = scores[name]
            whole = partial(self._whole, name, rows, own)
            yield LegPlaces(name, ranks_among(own, ties, chosen), own[chosen], one.confidence, whole)


class ReciprocalRanks(Fusion):
    """Reciprocal rank fusion of the legs' own lists, with equal weights."""

    origin: ClassVar[str] = "rrf"

    def join(
        self, query: Query, leg_scores: Mapping[str, LegScores], rows: Ints, weights: Mapping[str, float]
    ) -> tuple[dict[str, Scores], Places]:
        """See `Fusion`. Each leg ranks its own list only."""
        parts = {name: reciprocal_ranks(one.rows, rows, self._config.rrf_k) for name, one in leg_scores.items()}

        def places(chosen: Ints) -> Iterator[LegPlaces]:
            for name, one in leg_scores.items():
                ranks, scores, own = np.zeros(len(rows), np.int64), np.zeros(len(rows)), np.searchsorted(rows, one.rows)
                ranks[own], scores[own] = np.arange(1, len(one.rows) + 1), one.scores
                whole = partial(self.snapshot.ranking, one.rows, one.scores, name)
                yield LegPlaces(name, ranks[chosen], scores[chosen], one.confidence, whole)

        return parts, places
