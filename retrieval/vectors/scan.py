"""Exact scan: every vector against every query, in blocks, on several cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from shortlist.retrieval.vectors.arrays import Bools, Floats, Ints
from shortlist.retrieval.vectors.threads import map_in_threads
from shortlist.retrieval.vectors.topk import TopK

BLOCK = 4096  # rows whose scores fit into the cache of a core
GATHERED = 512  # rows whose vectors do
_SLACK = 1e-5  # more than the error of a float32 sum of 384 products


@dataclass(frozen=True, slots=True, eq=False)
class VectorQuery:
    """A query for the best `depth` rows within `mask`, None for all.

    A row's score is the sum of its `top` largest products with `vectors`, float32[m, d].
    """

    vectors: Floats
    top: int
    mask: Bools | None
    depth: int

    def within(self, start: int, end: int) -> VectorQuery:
        """Return this query for the rows from `start` to `end` only, of which the first has the number 0."""
        return self if self.mask is None else replace(self, mask=self.mask[start:end])

    def shortlist(self, vectors: Floats, rows: Ints) -> Ints:
        """Return those of `rows` of `vectors`, float32[n, d], that are the best `depth`, or within `_SLACK` of them."""
        if len(rows) <= self.depth:
            return rows
        products = np.empty((len(rows), len(self.vectors)), dtype=np.float32)
        for start in range(0, len(rows), GATHERED):
            part = vectors.take(rows[start : start + GATHERED], axis=0)
            np.matmul(part, self.vectors.T, out=products[start : start + GATHERED])
        scores = sum_of_largest(products.T, self.top)
        return np.asarray(rows[scores >= np.partition(scores, -self.depth)[-self.depth] - _SLACK])


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The `vectors`, float32[n, d], of consecutive rows from `first`."""

    first: int
    vectors: Floats


def scan(blocks: Sequence[Block], queries: Sequence[VectorQuery], threads: int) -> list[Ints]:
    """Return, for each query, rows that include the best `depth`, and at most a few times as many, in any order."""
    if not queries:
        return []
    shares = [blocks[at::threads] for at in range(max(1, min(threads, len(blocks))))]
    results = map_in_threads(partial(_scan, queries=queries), shares, threads)
    return [np.concatenate(rows) for rows in zip(*results, strict=True)]


def sum_of_largest(products: npt.NDArray[np.floating], top: int) -> npt.NDArray[np.floating]:
    """Return the sum of the `top` largest values of each column, [n] from [m, n], by insertion, as m is small."""
    if len(products) == 1:
        return np.asarray(products[0])
    if len(products) <= top:
        return np.asarray(products.sum(axis=0))
    largest: npt.NDArray[np.floating] = np.full((top, products.shape[1]), -np.inf, dtype=products.dtype)
    for row in products:
        smaller = row
        for place in range(top):
            larger = np.maximum(largest[place], smaller)
            smaller = np.minimum(largest[place], smaller)
            largest[place] = larger
    return np.asarray(largest.sum(axis=0))


def _scan(blocks: Sequence[Block], queries: Sequence[VectorQuery]) -> list[Ints]:
    top_rows = [TopK(query.depth, _SLACK) for query in queries]
    stacked = np.concatenate([query.vectors for query in queries])
    ends = np.cumsum([len(query.vectors) for query in queries]).tolist()
    for block in blocks:
        products = stacked @ block.vectors.T
        rows = slice(block.first, block.first + len(block.vectors))
        start = 0
        for query, top, end in zip(queries, top_rows, ends, strict=True):
            scores = sum_of_largest(products[start:end], query.top)
            if query.mask is not None:
                scores = np.where(query.mask[rows], scores, np.float32(-np.inf))
            top.add(scores, block.first)
            start = end
    return [top.rows() for top in top_rows]
