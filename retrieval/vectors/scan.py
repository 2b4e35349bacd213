"""The exact scan: every vector against every query, in blocks, on several cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from shortlist.retrieval.vectors.arrays import Bools, Floats, Ints
from shortlist.retrieval.vectors.threads import in_threads
from shortlist.retrieval.vectors.topk import TopK

BLOCK = 4096  # rows whose scores fit the cache
_SLACK = 1e-5  # more than float32 sums of 384 products are wrong by


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The best `depth` rows within `mask` by the sum of the `top` largest products with `vectors`, float32[m, d]."""

    vectors: Floats
    top: int
    mask: Bools | None
    depth: int

    def near_the_best(self, vectors: Floats) -> Bools:
        """bool[n]: which of `vectors`, float32[n, d], are among the best `depth` of them, or hardly worse."""
        scores = sum_of_largest((vectors @ self.vectors.T).T, self.top)
        if len(scores) <= self.depth:
            return np.ones(len(scores), dtype=np.bool_)
        return np.asarray(scores >= np.partition(scores, -self.depth)[-self.depth] - _SLACK)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """`vectors`, float32[n, d], of the rows from `first` on."""

    first: int
    vectors: Floats


def scan(blocks: Sequence[Block], wanted: Sequence[Wanted], threads: int) -> list[Ints]:
    """For each of `wanted` rows that are sure to include the best, in no useful order; at most a few times `depth`."""
    if not wanted:
        return []
    shares = [blocks[at::threads] for at in range(max(1, min(threads, len(blocks))))]
    found = in_threads(partial(_scan, wanted=wanted), shares, threads)
    return [np.concatenate(rows) for rows in zip(*found, strict=True)]


def sum_of_largest(products: npt.NDArray[np.floating], top: int) -> npt.NDArray[np.floating]:
    """[n] from [m, n]: the sum of the `top` largest of each column, by insertion (m is small, n is not)."""
    if len(products) == 1:
        return np.asarray(products[0])
    if len(products) <= top:
        return np.asarray(products.sum(axis=0))
    largest: npt.NDArray[np.floating] = np.full((top, products.shape[1]), -np.inf, dtype=products.dtype)
    for row in products:
        falling = row
        for place in range(top):
            kept = np.maximum(largest[place], falling)
            falling = np.minimum(largest[place], falling)
            largest[place] = kept
    return np.asarray(largest.sum(axis=0))


def _scan(blocks: Sequence[Block], wanted: Sequence[Wanted]) -> list[Ints]:
    kept = [TopK(one.depth, _SLACK) for one in wanted]
    stacked = np.concatenate([one.vectors for one in wanted])
    ends = np.cumsum([len(one.vectors) for one in wanted]).tolist()
    for block in blocks:
        products = stacked @ block.vectors.T
        rows = slice(block.first, block.first + len(block.vectors))
        start = 0
        for one, shortlisted, end in zip(wanted, kept, ends, strict=True):
            scores = sum_of_largest(products[start:end], one.top)
            if one.mask is not None:
                scores = np.where(one.mask[rows], scores, np.float32(-np.inf))
            shortlisted.add(scores, block.first)
            start = end
    return [shortlisted.rows() for shortlisted in kept]
