"""The approximate first look at a large segment's vectors: cells of near rows (IVF), and in them 8 bits a number.

Sivic and Zisserman, Video Google, 2003; Jegou, Douze and Schmid, 2011; built and searched by faiss. What it finds is
scored exactly afterwards, so it decides who is looked at, never who is first.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from retrieval.arrays import Bools, Floats, Ints
from retrieval.topk import distinct

Packed = npt.NDArray[np.uint8]

LEAST = 10_000  # rows; fewer are scanned in a few milliseconds
MOST_CELLS = 4096
_TRAINED_ON = 40  # rows a cell
_ROUNDS = 6
# Cells looked into: a share of all, in bounds, for a query of one vector and for each of several. On embeddings of
# real text that finds at least 0.995 of the exact best 100 (benchmarks/dense.py).
_ALONE = (1 / 6, 1, 170)
_OF_MANY = (1 / 64, 16, 32)
_FEW_MISSING = 500  # rows: what a reader has seen is taken out of what was found


def pack_cells(vectors: Floats) -> Packed | None:
    """uint8[bytes]: the cells of `vectors`, float32[n, d], as they are kept in a file; None for fewer than `LEAST`."""
    n, dim = vectors.shape
    if n < LEAST:
        return None
    faiss = _faiss()
    cells = min(MOST_CELLS, 1 << round(np.log2(3 * np.sqrt(n))))
    index = faiss.index_factory(dim, f"IVF{cells},SQ8", faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = _ROUNDS, 1, _TRAINED_ON
    chosen = np.random.default_rng(0).choice(n, min(n, _TRAINED_ON * cells), replace=False)
    index.train(np.ascontiguousarray(vectors[np.sort(chosen)]))
    index.add(np.ascontiguousarray(vectors))
    packed: Packed = faiss.serialize_index(index)
    return packed


class Cells:
    """The cells of one segment of `n` rows, read from `packed` when they are first asked."""

    def __init__(self, packed: Packed, n: int) -> None:
        self._packed = packed
        self._n = n

    def near(self, vectors: Floats, count: int, mask: Bools | None) -> Ints:
        """About the `count` rows within `mask`, bool[n], nearest to each of `vectors`, float32[m, d]; ascending.

        One vector at a time, so that what is found does not depend on what else is asked.
        """
        share, least, most = _ALONE if len(vectors) == 1 else _OF_MANY
        probes = min(max(share * self._index.nlist, least), most)
        chosen: Packed | None = None
        if mask is not None:
            passing = int(np.count_nonzero(mask))
            if self._n - passing <= _FEW_MISSING:
                count += self._n - passing
            else:
                chosen = np.packbits(mask, bitorder="little")
                probes *= self._n / max(passing, 1)
        settings = self._settings(probes, chosen)
        found = [self._index.search(vector[None], min(count, self._n), params=settings)[1][0] for vector in vectors]
        rows = distinct(np.concatenate(found))
        rows = rows[rows >= 0]
        return rows if mask is None else rows[mask[rows]]

    @cached_property
    def _index(self) -> Any:
        return _faiss().deserialize_index(np.asarray(self._packed))

    def _settings(self, probes: float, chosen: Packed | None) -> Any:
        faiss = _faiss()
        looked_into = min(self._index.nlist, round(probes))
        selector = None if chosen is None else faiss.IDSelectorBitmap(chosen)
        return faiss.SearchParametersIVF(nprobe=looked_into, sel=selector)


def _faiss() -> Any:
    """The module, imported when it is needed. Its classes are wrapped at runtime, which its types do not know."""
    import faiss

    return faiss
