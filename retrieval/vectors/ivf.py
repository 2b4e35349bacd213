"""The approximate first look at a large segment's vectors: cells of near rows (IVF), and in them 2 bits a number (PQ).

Sivic and Zisserman, Video Google, 2003; Jegou, Douze and Schmid, Product Quantization for Nearest Neighbor Search,
2011; built and searched by faiss. What it finds is scored exactly afterwards, so it decides who is looked at, never who
is first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from shortlist.retrieval.vectors.arrays import Bools, Floats, Ints
from shortlist.retrieval.vectors.scan import Wanted, sum_of_largest

Packed = npt.NDArray[np.uint8]

LEAST = 10_000  # rows; fewer are scanned in a few milliseconds
MOST_CELLS = 4096
_TRAINED_ON = 40  # rows a cell
_ROUNDS = 6
# How far is looked: on embeddings of real text that finds nearly all of the exact best 100 (benchmarks/dense.py).
_CELLS = 6, 170  # one in so many, at most so many, for one vector
_ROWS = 16, 3_000, 20_000  # one in so many, at least and at most so many, for several vectors
_MORE = 300  # rows than asked for, whose codes are rough


def pack_cells(vectors: Floats) -> Packed | None:
    """uint8[bytes]: the cells of `vectors`, float32[n, d], as they are kept in a file; None for fewer than `LEAST`."""
    n, dim = vectors.shape
    if n < LEAST:
        return None
    faiss = _faiss()
    cells = min(MOST_CELLS, 1 << round(np.log2(3 * np.sqrt(n))))
    # Two numbers a code of 4 bits: sixteen rows are compared at once, from the registers of the processor.
    index = faiss.index_factory(dim, f"IVF{cells},PQ{dim if dim % 2 else dim // 2}x4fs", faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = _ROUNDS, 1, _TRAINED_ON
    chosen = np.random.default_rng(0).choice(n, min(n, _TRAINED_ON * cells), replace=False)
    index.train(np.ascontiguousarray(vectors[np.sort(chosen)]))
    index.add(np.ascontiguousarray(vectors))
    packed: Packed = faiss.serialize_index(index)
    return packed


class IvfPq:
    """The cells of one segment of `n` rows, read from `packed` when they are first asked."""

    def __init__(self, packed: Packed, n: int) -> None:
        self._packed = packed
        self._n = n

    def near(self, wanted: Wanted, mask: Bools | None) -> Ints:
        """Rows within `mask`, bool[n], that nearly surely include the best that are wanted; in no useful order.

        What is found does not depend on what else is asked.
        """
        passing = self._n if mask is None else int(np.count_nonzero(mask))
        one_in, least, most = _ROWS
        # The fewer pass, the farther apart lie the best of them.
        enough = min(max(self._n / one_in * (self._n / max(passing, 1)) ** 0.5, least, wanted.depth), most)
        if mask is not None and passing <= enough:
            return np.flatnonzero(mask)
        found = (
            self._near_one(wanted, mask, passing) if len(wanted.vectors) == 1 else self._near_all(wanted, mask, enough)
        )
        return found if mask is None else found[mask[found]]

    def _near_one(self, wanted: Wanted, mask: Bools | None, passing: int) -> Ints:
        """What the codes say is nearest to the one vector."""
        faiss = _faiss()
        one_in, most = _CELLS
        probes = min(self._index.nlist / one_in, most) * self._n / passing
        chosen = None if mask is None else faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
        settings = faiss.SearchParametersIVF(nprobe=min(self._index.nlist, round(probes)), sel=chosen)
        with _one_thread(faiss):
            found: Ints = self._index.search(wanted.vectors, min(wanted.depth + _MORE, self._n), params=settings)[1][0]
        return found[found >= 0]

    def _near_all(self, wanted: Wanted, mask: Bools | None, enough: float) -> Ints:
        """All rows of the cells whose middles score best, so many cells that `enough` rows pass."""
        order = np.argsort(-sum_of_largest(wanted.vectors @ self._middles.T, wanted.top))
        sizes = self._sizes if mask is None else np.bincount(self._cell_of[mask], minlength=len(self._middles))
        cells = order[: 1 + np.searchsorted(np.cumsum(sizes[order]), enough)]
        return np.concatenate([self._rows[self._starts[cell] : self._starts[cell + 1]] for cell in cells])

    @cached_property
    def _index(self) -> Any:
        return _faiss().deserialize_index(np.asarray(self._packed))

    @cached_property
    def _middles(self) -> Floats:
        """float32[cells, d]."""
        middles: Floats = self._index.quantizer.reconstruct_n(0, self._index.nlist)
        return middles

    @cached_property
    def _cell_of(self) -> npt.NDArray[np.int16]:
        """int16[n]: the cell of each row."""
        found = np.empty(self._n, dtype=np.int16)
        lists, faiss = self._index.invlists, _faiss()
        for cell in range(self._index.nlist):
            found[faiss.rev_swig_ptr(lists.get_ids(cell), lists.list_size(cell))] = cell
        return found

    @cached_property
    def _rows(self) -> Ints:
        """int64[n]: the rows of all cells, one cell after the other."""
        return np.argsort(self._cell_of, kind="stable")

    @cached_property
    def _sizes(self) -> Ints:
        """int64[cells]: how many rows each has."""
        return np.bincount(self._cell_of, minlength=self._index.nlist)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *np.cumsum(self._sizes).tolist()]


@contextmanager
def _one_thread(faiss: Any) -> Iterator[None]:
    """Inside, faiss works in the thread that calls it: see `retrieval.threads`."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _faiss() -> Any:
    """The module, imported when it is needed. Its classes are wrapped at runtime, which its types do not know."""
    import faiss

    return faiss
