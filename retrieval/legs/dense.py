"""dense: cosine similarity with the query's vectors, of all rows, or in large segments of those their cells find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import UsageError
from shortlist.core.ranking import FloatArray, Query
from shortlist.retrieval.filters import Allowed
from shortlist.retrieval.index.segment import Segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.vectors.arrays import Bools, Ints, Scores
from shortlist.retrieval.vectors.ivf import IvfPq
from shortlist.retrieval.vectors.scan import BLOCK, Block, Wanted, scan, sum_of_largest
from shortlist.retrieval.vectors.threads import in_threads

_FEW = 10  # times the depth: where a filter lets no more through, those are scored alone
_NO_ROWS = np.empty(0, dtype=np.int64)
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
        """See `Leg`; some rows more, because all is looked at in float32. The best rows of cells are nearly sure."""
        limited = zip(asked, depths, strict=True)
        found: list[Ints | None] = [_few(limits.mask, _FEW * depth) for limits, depth in limited]
        open_ones = [at for at, rows in enumerate(found) if rows is None]
        wanted = [scorings[at].wanted(asked[at].mask, depths[at]) for at in open_ones]
        scanned = scan(self._blocks, wanted, self._threads)
        looked_up = in_threads(self._look_up, wanted, self._threads) if self._celled else [_NO_ROWS] * len(wanted)
        for at, some, others in zip(open_ones, scanned, looked_up, strict=True):
            found[at] = np.concatenate((some, others))
        return [rows for rows in found if rows is not None]

    def _weigh(self, query: Query) -> Similarity | None:
        if query.vectors is None or query.vector_weights is None or not query.vector_weights.any():
            return None
        if self.snapshot.dim and query.vectors.shape[1] != self.snapshot.dim:
            expected, found = f"{self.snapshot.dim} dimensions", f"{query.vectors.shape[1]}"
            raise UsageError("foreign query vector", expected=expected, found=found, remedy="use the home's encoder")
        return Similarity(self.snapshot, weighted(query.vectors, query.vector_weights, self._top), self._top)

    def _look_up(self, wanted: Wanted) -> Ints:
        """Rows of the segments that have cells."""
        return np.concatenate([_from_cells(first, segment, cells, wanted) for first, segment, cells in self._celled])

    @cached_property
    def _celled(self) -> list[tuple[int, Segment, IvfPq]]:
        return [(first, segment, segment.cells) for first, segment in self._segments() if segment.cells is not None]

    @cached_property
    def _blocks(self) -> list[Block]:
        plain = [_cut(first, segment) for first, segment in self._segments() if segment.cells is None]
        return [block for blocks in plain for block in blocks]

    def _segments(self) -> Iterator[tuple[int, Segment]]:
        """The first row of each segment, and the segment."""
        return zip(self.snapshot.first_rows, (part.segment for part in self.snapshot.parts), strict=False)


def _from_cells(first: int, segment: Segment, cells: IvfPq, wanted: Wanted) -> Ints:
    mask = None if wanted.mask is None else wanted.mask[first : first + len(segment)]
    rows = cells.near(wanted, mask)
    there = len(segment) if mask is None else np.count_nonzero(mask)
    if len(rows) < min(wanted.depth, there):
        return scan(_cut(first, segment), [wanted], 1)[0]
    return first + rows[wanted.near_the_best(segment.vectors[rows])]


def _cut(first: int, segment: Segment) -> list[Block]:
    starts = range(0, len(segment), BLOCK)
    return [Block(first + start, segment.vectors[start : start + BLOCK]) for start in starts]


def weighted(vectors: FloatArray, weights: FloatArray, top: int) -> Scores:
    """float64[m, d]: `vectors` times their normalised weights: the sum of the `top` largest products is the score.

    With at most `top` vectors all products count, so one summed vector does.
    """
    heaviest = np.sort(np.abs(weights.astype(np.float64)))[::-1][:top].sum()
    scaled: Scores = vectors.astype(np.float64) * (weights.astype(np.float64) / heaviest)[:, None]
    return scaled if len(scaled) > top else scaled.sum(axis=0, keepdims=True)


def _few(mask: Bools | None, most: int) -> Ints | None:
    return None if mask is None or np.count_nonzero(mask) > most else np.flatnonzero(mask)
