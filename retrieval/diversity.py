"""Maximal marginal relevance: choose videos one by one, for relevance and for difference from those chosen before.

J. Carbonell and J. Goldstein, The Use of MMR, Diversity-Based Reranking, SIGIR 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from shortlist.core.ranking import MAX_K, Query, Ranking
from shortlist.retrieval.fusion import min_max
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.retriever import Retriever
from shortlist.retrieval.vectors.arrays import Floats, Ints, Scores

POOL = 100  # candidates to choose from, or k if k is larger


class Diverse:
    """Reorders the candidates of another retriever by (1 - `strength`) x relevance - `strength` x similarity.

    The relevance is the min-max score among the candidates. The similarity is the largest cosine with a video chosen
    before, at least 0. Scores therefore never increase from one rank to the next.
    """

    def __init__(self, inner: Retriever, snapshot: Snapshot, strength: float) -> None:
        self._inner = inner
        self._snapshot = snapshot
        self._strength = strength

    def search(self, query: Query) -> Ranking:
        """See `Retriever`."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[Ranking]:
        """See `Retriever`."""
        found = self._inner.search_many([replace(query, k=min(MAX_K, max(query.k, POOL))) for query in queries])
        return [self._chosen(ranking, query.k) for query, ranking in zip(queries, found, strict=True)]

    def _chosen(self, ranking: Ranking, k: int) -> Ranking:
        vectors = self._snapshot.vectors(self._snapshot.rows(ranking.ids))
        order, scores = marginal_relevance(min_max(ranking.scores), vectors, self._strength, k)
        span = float(np.ptp(ranking.scores)) if len(ranking) else 0.0
        unit = (1 - self._strength) / span if span > 0 else 0.0  # converts contributions to the new scores
        return replace(
            ranking,
            ids=tuple(ranking.ids[at] for at in order.tolist()),
            scores=scores,
            contributions={name: unit * values[order] for name, values in ranking.contributions.items()},
            legs=tuple(leg.at(order) for leg in ranking.legs),
        )


def marginal_relevance(relevance: Scores, vectors: Floats, strength: float, k: int) -> tuple[Ints, Scores]:
    """Return the first `k` positions to choose, in order, and the score of each when it was chosen.

    `vectors`, float32[n, d] of unit rows or zeros, are aligned with `relevance`, float64[n]. Ties go to the lower
    position.
    """
    n = min(k, len(relevance))
    order, scores = np.empty(n, dtype=np.int64), np.empty(n)
    weighted = (1 - strength) * relevance
    similarity = np.zeros(len(relevance))
    for place in range(n):
        marginal = weighted - strength * similarity
        best = int(marginal.argmax())
        order[place], scores[place] = best, marginal[best]
        weighted[best] = -np.inf
        similarity = np.maximum(similarity, vectors @ vectors[best])
    return order, scores
