"""dense: cosine similarity with the query's vectors, by an exact scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from core.config import RetrievalConfig
from core.errors import UsageError
from core.ranking import FloatArray, Query
from retrieval.arrays import Bools, Ints, Scores
from retrieval.filters import Allowed
from retrieval.legs.leg import Leg
from retrieval.scan import BLOCK, Block, Wanted, one_blas_thread, scan, sum_of_largest
from retrieval.snapshot import Snapshot

_SELECTIVE = 0.05  # a filter that lets fewer through is answered by scoring those alone
_DIGITS = 10  # equal videos tie whatever the order in which BLAS adds


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """`vectors`, float64[m, d], carry their weights; the score is the sum of the `top` largest of the m products."""

    snapshot: Snapshot
    vectors: Scores
    top: int

    def at(self, rows: Ints) -> Scores:
        """float64[len(rows)]: computed in float64, whatever the scan found."""
        found = np.empty(len(rows))
        for start in range(0, len(rows), BLOCK):
            part = rows[start : start + BLOCK]
            vectors = self.snapshot.vectors(part).astype(np.float64)
            with one_blas_thread():
                products = self.vectors @ vectors.T
            found[start : start + BLOCK] = sum_of_largest(products, self.top)
        return found.round(_DIGITS)

    def wanted(self, mask: Bools | None, depth: int) -> Wanted:
        """What the scan has to look for."""
        return Wanted(self.vectors.astype(np.float32), self.top, mask, depth)


class Dense(Leg[Similarity]):
    """With several vectors: the weighted mean of a video's `dense_top` best weighted similarities.

    w_i s_i are summed over the `dense_top` best, and divided by the sum of as many of the largest |w_i|. So a single
    vector gives its cosine, up to `dense_top` vectors give their weighted mean, and with more a video has to be near
    some of them, not all.
    """

    name: ClassVar[str] = "dense"

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._top = config.dense_top
        self._threads = config.threads

    def weigh(self, queries: Sequence[Query]) -> list[Similarity | None]:
        """See `Leg`; a query without vectors, or with weights of 0 only, gives nothing to go by."""
        return [self._weigh(query) for query in queries]

    def best(self, scorings: Sequence[Similarity], asked: Sequence[Allowed], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`; some rows more, because the scan is in float32."""
        found: list[Ints | None] = [_few(limits.mask) for limits in asked]
        scanned = [at for at, rows in enumerate(found) if rows is None]
        wanted = [scorings[at].wanted(asked[at].mask, depths[at]) for at in scanned]
        for at, rows in zip(scanned, scan(self._blocks, wanted, self._threads), strict=True):
            found[at] = rows
        return [rows for rows in found if rows is not None]

    def _weigh(self, query: Query) -> Similarity | None:
        if query.vectors is None or query.vector_weights is None or not query.vector_weights.any():
            return None
        if self.snapshot.dim and query.vectors.shape[1] != self.snapshot.dim:
            expected, found = f"{self.snapshot.dim} dimensions", f"{query.vectors.shape[1]}"
            raise UsageError("foreign query vector", expected=expected, found=found, remedy="use the home's encoder")
        return Similarity(self.snapshot, weighted(query.vectors, query.vector_weights, self._top), self._top)

    @cached_property
    def _blocks(self) -> list[Block]:
        return [
            Block(first + start, part.segment.vectors[start : start + BLOCK])
            for part, first in zip(self.snapshot.parts, self.snapshot.first_rows, strict=False)
            for start in range(0, len(part.segment), BLOCK)
        ]


def weighted(vectors: FloatArray, weights: FloatArray, top: int) -> Scores:
    """float64[m, d]: `vectors` times their normalised weights: the sum of the `top` largest products is the score.

    With at most `top` vectors all products count, so one summed vector does.
    """
    heaviest = np.sort(np.abs(weights.astype(np.float64)))[::-1][:top].sum()
    scaled: Scores = vectors.astype(np.float64) * (weights.astype(np.float64) / heaviest)[:, None]
    return scaled if len(scaled) > top else scaled.sum(axis=0, keepdims=True)


def _few(mask: Bools | None) -> Ints | None:
    if mask is None or np.count_nonzero(mask) > _SELECTIVE * len(mask):
        return None
    return np.flatnonzero(mask)
