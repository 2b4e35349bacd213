"""dense: cosine similarity with the query's vectors, by an exact scan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.config import RetrievalConfig
from core.errors import UsageError
from core.ranking import FloatArray, Query
from retrieval.arrays import Bools, Floats, Ints, Scores
from retrieval.filters import Allowed
from retrieval.legs.leg import Leg
from retrieval.snapshot import Snapshot
from retrieval.topk import Shortlisted

_BLOCK = 4096  # rows whose scores fit the cache
_SELECTIVE = 0.05  # a filter that lets fewer through is answered by scoring those alone
_SLACK = 1e-5  # more than float32 sums of 384 products are wrong by
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
        for start in range(0, len(rows), _BLOCK):
            part = rows[start : start + _BLOCK]
            products = self.vectors @ self.snapshot.vectors(part).astype(np.float64).T
            found[start : start + _BLOCK] = sum_of_largest(products, self.top)
        return found.round(_DIGITS)


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

    def weigh(self, queries: Sequence[Query]) -> list[Similarity | None]:
        """See `Leg`; a query without vectors, or with weights of 0 only, gives nothing to go by."""
        return [self._weigh(query) for query in queries]

    def best(self, scorings: Sequence[Similarity], asked: Sequence[Allowed], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`; some rows more, because the scan is in float32."""
        found: list[Ints | None] = [_few(limits.mask) for limits in asked]
        scanned = [at for at, rows in enumerate(found) if rows is None]
        kept = [Shortlisted(depths[at], _SLACK) for at in scanned]
        if scanned:
            self._scan([scorings[at] for at in scanned], [asked[at].mask for at in scanned], kept)
        rest = iter(kept)
        return [next(rest).rows() if rows is None else rows for rows in found]

    def _weigh(self, query: Query) -> Similarity | None:
        if query.vectors is None or query.vector_weights is None or not query.vector_weights.any():
            return None
        if self.snapshot.dim and query.vectors.shape[1] != self.snapshot.dim:
            expected, found = f"{self.snapshot.dim} dimensions", f"{query.vectors.shape[1]}"
            raise UsageError("foreign query vector", expected=expected, found=found, remedy="use the home's encoder")
        return Similarity(self.snapshot, weighted(query.vectors, query.vector_weights, self._top), self._top)

    def _scan(self, scorings: Sequence[Similarity], masks: Sequence[Bools | None], kept: Sequence[Shortlisted]) -> None:
        stacked = np.concatenate([scoring.vectors for scoring in scorings]).astype(np.float32)
        ends = np.cumsum([len(scoring.vectors) for scoring in scorings]).tolist()
        for first, block in _blocks(self.snapshot):
            products = stacked @ block.T
            start = 0
            for shortlisted, mask, end in zip(kept, masks, ends, strict=True):
                scores = sum_of_largest(products[start:end], self._top)
                if mask is not None:
                    scores = np.where(mask[first : first + len(block)], scores, np.float32(-np.inf))
                shortlisted.add(scores, first)
                start = end


def weighted(vectors: FloatArray, weights: FloatArray, top: int) -> Scores:
    """float64[m, d]: `vectors` times their normalised weights: the sum of the `top` largest products is the score.

    With at most `top` vectors all products count, so one summed vector does.
    """
    heaviest = np.sort(np.abs(weights.astype(np.float64)))[::-1][:top].sum()
    scaled: Scores = vectors.astype(np.float64) * (weights.astype(np.float64) / heaviest)[:, None]
    return scaled if len(scaled) > top else scaled.sum(axis=0, keepdims=True)


def sum_of_largest(products: npt.NDArray[np.floating], top: int) -> npt.NDArray[np.floating]:
    """[n] from [m, n]: the sum of the `top` largest of each column, by insertion (m is small, n is not)."""
    if len(products) <= top:
        return np.asarray(products.sum(axis=0)) if len(products) > 1 else products[0]
    largest: npt.NDArray[np.floating] = np.full((top, products.shape[1]), -np.inf, dtype=products.dtype)
    for row in products:
        falling = row
        for place in range(top):
            kept = np.maximum(largest[place], falling)
            falling = np.minimum(largest[place], falling)
            largest[place] = kept
    return np.asarray(largest.sum(axis=0))


def _few(mask: Bools | None) -> Ints | None:
    if mask is None or np.count_nonzero(mask) > _SELECTIVE * len(mask):
        return None
    return np.flatnonzero(mask)


def _blocks(snapshot: Snapshot) -> Iterator[tuple[int, Floats]]:
    for part, first in zip(snapshot.parts, snapshot.first_rows, strict=False):
        for start in range(0, len(part.segment), _BLOCK):
            yield first + start, part.segment.vectors[start : start + _BLOCK]
