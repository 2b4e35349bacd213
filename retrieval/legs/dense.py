"""dense: cosine similarity with the query's vectors.

Small segments are scanned; in large segments an IVF-PQ index selects the candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import UsageError
from shortlist.core.legs import LEGS, LegSpec
from shortlist.core.ranking import FloatArray, Query
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.segment import Segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.vectors.arrays import Bools, Ints, Scores
from shortlist.retrieval.vectors.ivf import IvfPq
from shortlist.retrieval.vectors.scan import BLOCK, GATHERED, Block, VectorQuery, scan, sum_of_largest
from shortlist.retrieval.vectors.threads import map_in_threads

_FEW = 10  # times the depth: if a filter lets no more rows through, all of them are scored
_NO_ROWS = np.empty(0, dtype=np.int64)
_DIGITS = 10  # rounding makes equal videos tie, whatever the order in which BLAS adds


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """Scores rows by the sum of the `top` largest products with `vectors`, float64[m, d], which include the weights."""

    snapshot: Snapshot
    vectors: Scores
    top: int

    def at(self, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the exact scores, computed in float64."""
        products = np.empty((len(rows), len(self.vectors)))
        for start in range(0, len(rows), GATHERED):
            part = self.snapshot.vectors(rows[start : start + GATHERED]).astype(np.float64)
            np.matmul(part, self.vectors.T, out=products[start : start + GATHERED])
        return np.asarray(sum_of_largest(products.T, self.top).round(_DIGITS))

    def vector_query(self, mask: Bools | None, depth: int) -> VectorQuery:
        """Return the query for the scan and the IVF index."""
        return VectorQuery(self.vectors.astype(np.float32), self.top, mask, depth)


class Dense(Leg[Similarity]):
    """The weighted mean of a video's `dense_top` best similarities w_i s_i with the query's vectors.

    The sum of the `dense_top` best w_i s_i is divided by the sum of as many of the largest |w_i|. So a single vector
    gives its cosine, and up to `dense_top` vectors give their weighted mean. With more vectors a video has to be close
    to some of them, not all.
    """

    name: ClassVar[str] = "dense"

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._top = config.dense_top
        self._threads = config.threads

    def weigh(self, queries: Sequence[Query]) -> list[Similarity | None]:
        """See `Leg`. None for a query without vectors, or with weights of 0 only."""
        return [self._weigh(query) for query in queries]

    def best(self, scorings: Sequence[Similarity], allowed: Sequence[AllowedRows], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`. Adds some rows, because the scan uses float32. An IVF index may miss some of the best."""
        limited = zip(allowed, depths, strict=True)
        results: list[Ints | None] = [_rows_if_few(limits.mask, _FEW * depth) for limits, depth in limited]
        pending = [at for at, rows in enumerate(results) if rows is None]
        queries = [scorings[at].vector_query(allowed[at].mask, depths[at]) for at in pending]
        scanned = scan(self._blocks, queries, self._threads)
        from_ivf = self._search_ivf(queries)
        for at, some, others in zip(pending, scanned, from_ivf, strict=True):
            results[at] = np.concatenate((some, others))
        return [rows for rows in results if rows is not None]

    def _weigh(self, query: Query) -> Similarity | None:
        if query.vectors is None or query.vector_weights is None or not query.vector_weights.any():
            return None
        if self.snapshot.dim and query.vectors.shape[1] != self.snapshot.dim:
            expected, found = f"{self.snapshot.dim} dimensions", f"{query.vectors.shape[1]}"
            remedy = "use the home's encoder"
            raise UsageError("query vector of another encoder", expected=expected, found=found, remedy=remedy)
        return Similarity(self.snapshot, apply_weights(query.vectors, query.vector_weights, self._top), self._top)

    def _search_ivf(self, queries: Sequence[VectorQuery]) -> list[Ints]:
        """Return, for each query, rows of the segments with an IVF index."""
        if not self._with_ivf or not queries:
            return [_NO_ROWS] * len(queries)
        size = -(-len(queries) // self._threads)
        shares = [queries[start : start + size] for start in range(0, len(queries), size)]
        found = map_in_threads(self._search_segments, shares, self._threads)
        return [rows for share in found for rows in share]

    def _search_segments(self, queries: Sequence[VectorQuery]) -> list[Ints]:
        by_segment = [_from_ivf(first, segment, ivf, queries) for first, segment, ivf in self._with_ivf]
        return [np.concatenate(rows) for rows in zip(*by_segment, strict=True)]

    @cached_property
    def _with_ivf(self) -> list[tuple[int, Segment, IvfPq]]:
        return [(first, segment, segment.cells) for first, segment in self._segments() if segment.cells is not None]

    @cached_property
    def _blocks(self) -> list[Block]:
        small = [_split(first, segment) for first, segment in self._segments() if segment.cells is None]
        return [block for blocks in small for block in blocks]

    def _segments(self) -> Iterator[tuple[int, Segment]]:
        """Yield the first row of each segment, and the segment."""
        return zip(self.snapshot.first_rows, (part.segment for part in self.snapshot.parts), strict=False)


def _from_ivf(first: int, segment: Segment, ivf: IvfPq, queries: Sequence[VectorQuery]) -> list[Ints]:
    own = [query.within(first, first + len(segment)) for query in queries]
    return [
        first + _nearest(segment, query, candidates) for query, candidates in zip(own, ivf.candidates(own), strict=True)
    ]


def _nearest(segment: Segment, query: VectorQuery, candidates: Ints) -> Ints:
    """Return the best of the `candidates`; of all rows of `segment` if those are too few."""
    available = len(segment) if query.mask is None else np.count_nonzero(query.mask)
    if len(candidates) < min(query.depth, available):
        return scan(_split(0, segment), [query], 1)[0]
    return query.shortlist(segment.vectors, candidates)


def _split(first: int, segment: Segment) -> list[Block]:
    starts = range(0, len(segment), BLOCK)
    return [Block(first + start, segment.vectors[start : start + BLOCK]) for start in starts]


def apply_weights(vectors: FloatArray, weights: FloatArray, top: int) -> Scores:
    """Return float64[m, d]: `vectors` times their normalised weights.

    With at most `top` vectors the score is the sum of all products, so they are summed to one vector.
    """
    norm = np.sort(np.abs(weights.astype(np.float64)))[::-1][:top].sum()
    scaled: Scores = vectors.astype(np.float64) * (weights.astype(np.float64) / norm)[:, None]
    return scaled if len(scaled) > top else scaled.sum(axis=0, keepdims=True)


def _rows_if_few(mask: Bools | None, limit: int) -> Ints | None:
    return None if mask is None or np.count_nonzero(mask) > limit else np.flatnonzero(mask)


def register() -> None:
    """Add the leg."""
    LEGS.add(Dense.name, LegSpec(Dense, weight=1.0, text_weight=1.0, ranker_depth=60))
