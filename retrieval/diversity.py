"""Maximal marginal relevance: each next video is the best of what is least like those already chosen.

J. Carbonell and J. Goldstein, The Use of MMR, Diversity-Based Reranking, SIGIR 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from shortlist.core.ranking import MAX_K, Query, Ranking
from shortlist.retrieval.hybrid import min_max
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.retriever import Retriever
from shortlist.retrieval.vectors.arrays import Floats, Ints, Scores

POOL = 100  # candidates that are chosen from, whatever k is (a larger k deepens it)


class Diverse:
    """Another retriever's candidates in the order of (1 - `strength`) x relevance - `strength` x likeness.

    Relevance is the min-max score among the candidates; likeness the largest cosine, 0 at least, with the vector of a
    video already chosen. So scores never increase.
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
        unit = (1 - self._strength) / span if span > 0 else 0.0  # of relevance, in which the scores now are
        return replace(
            ranking,
            ids=tuple(ranking.ids[at] for at in order.tolist()),
            scores=scores,
            contributions={name: unit * values[order] for name, values in ranking.contributions.items()},
        )


def marginal_relevance(relevance: Scores, vectors: Floats, strength: float, k: int) -> tuple[Ints, Scores]:
    """The first `k` places to choose, in their order, and the score of each when it was chosen; ties by place.

    `vectors`, unit rows or zeros, are aligned with `relevance`.
    """
    n = min(k, len(relevance))
    order, scores = np.empty(n, dtype=np.int64), np.empty(n)
    left = (1 - strength) * relevance
    likeness = np.zeros(len(relevance))
    for place in range(n):
        worth = left - strength * likeness
        best = int(worth.argmax())
        order[place], scores[place] = best, worth[best]
        left[best] = -np.inf
        likeness = np.maximum(likeness, vectors @ vectors[best])
    return order, scores
