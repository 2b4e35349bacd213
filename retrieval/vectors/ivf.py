"""Approximate candidates from large segments: a faiss index of cells (IVF) with 2 bits per number (PQ).

The IVF-PQ index only selects candidates; they are rescored exactly. Sivic and Zisserman, Video Google, 2003; Jegou,
Douze and Schmid, Product Quantization for Nearest Neighbor Search, 2011.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from shortlist.retrieval.vectors.arrays import Bools, Floats, Ints
from shortlist.retrieval.vectors.scan import VectorQuery, sum_of_largest

Packed = npt.NDArray[np.uint8]

MIN_ROWS = 10_000  # fewer are scanned in a few milliseconds
MAX_CELLS = 4096
_TRAINING_ROWS_PER_CELL = 40
_KMEANS_ITERATIONS = 6
# With these, embeddings of real text give nearly all of the exact best 100 (benchmarks/dense.py).
_PROBED_CELLS = 6, 170  # one in so many, at most so many, for one vector
_ROWS = 16, 3_000, 20_000  # one in so many, at least and at most so many, for several vectors
_EXTRA_ROWS = 300  # beyond the depth, as scores from the codes are rough
_NO_ROWS = np.empty(0, dtype=np.int64)


def build_ivf(vectors: Floats) -> Packed | None:
    """Return uint8[bytes]: the serialised index of `vectors`, float32[n, d]; None for fewer than `MIN_ROWS`."""
    n, dim = vectors.shape
    if n < MIN_ROWS:
        return None
    faiss = _faiss()
    cells = min(MAX_CELLS, 1 << round(np.log2(3 * np.sqrt(n))))
    # A code of 4 bits for two numbers: faiss compares sixteen rows at once with SIMD registers.
    index = faiss.index_factory(dim, f"IVF{cells},PQ{dim if dim % 2 else dim // 2}x4fs", faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = (
        _KMEANS_ITERATIONS,
        1,
        _TRAINING_ROWS_PER_CELL,
    )
    sample = np.random.default_rng(0).choice(n, min(n, _TRAINING_ROWS_PER_CELL * cells), replace=False)
    index.train(np.ascontiguousarray(vectors[np.sort(sample)]))
    index.add(np.ascontiguousarray(vectors))
    packed: Packed = faiss.serialize_index(index)
    return packed


class IvfPq:
    """The IVF-PQ index of one segment of `n` rows, deserialised from `packed` at the first search."""

    def __init__(self, packed: Packed, n: int) -> None:
        self._packed = packed
        self._n = n

    def candidates(self, queries: Sequence[VectorQuery]) -> list[Ints]:
        """Return, for each query, rows within its mask that very likely include its best, in no particular order.

        Masks are bool[n]. The result of a query does not depend on the others.
        """
        found = [_NO_ROWS] * len(queries)
        plain: defaultdict[int, list[int]] = defaultdict(list)
        for at, query in enumerate(queries):
            if query.mask is None and len(query.vectors) == 1:
                plain[query.depth].append(at)
            else:
                found[at] = self._search(query)
        for depth, places in plain.items():
            vectors = np.concatenate([queries[at].vectors for at in places])
            for at, rows in zip(places, self._search_codes(vectors, depth, None, self._n), strict=True):
                found[at] = rows
        return found

    def _search(self, query: VectorQuery) -> Ints:
        mask = query.mask
        passing = self._n if mask is None else int(np.count_nonzero(mask))
        one_in, least, most = _ROWS
        # The fewer rows pass the mask, the more cells the best of them are spread over.
        enough = min(max(self._n / one_in * (self._n / max(passing, 1)) ** 0.5, least, query.depth), most)
        if mask is not None and passing <= enough:
            return np.flatnonzero(mask)
        if len(query.vectors) == 1:
            rows = self._search_codes(query.vectors, query.depth, mask, passing)[0]
        else:
            rows = self._search_cells(query, mask, enough)
        return rows if mask is None else rows[mask[rows]]

    def _search_codes(self, vectors: Floats, depth: int, mask: Bools | None, passing: int) -> list[Ints]:
        """Return the approximate nearest rows by PQ code, for each of `vectors`, float32[m, d]."""
        faiss = _faiss()
        one_in, most = _PROBED_CELLS
        probes = min(self._index.nlist / one_in, most) * self._n / passing
        selector = None if mask is None else faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
        settings = faiss.SearchParametersIVF(nprobe=min(self._index.nlist, round(probes)), sel=selector)
        with _one_thread(faiss):
            found: Ints = self._index.search(vectors, min(depth + _EXTRA_ROWS, self._n), params=settings)[1]
        return [rows[rows >= 0] for rows in found]

    def _search_cells(self, query: VectorQuery, mask: Bools | None, enough: float) -> Ints:
        """Return all rows of the cells with the best centroids, until `enough` rows pass the mask."""
        order = np.argsort(-sum_of_largest(query.vectors @ self._centroids.T, query.top))
        sizes = self._sizes if mask is None else np.bincount(self._cell_of[mask], minlength=len(self._centroids))
        cells = order[: 1 + np.searchsorted(np.cumsum(sizes[order]), enough)]
        return np.concatenate([self._rows[self._starts[cell] : self._starts[cell + 1]] for cell in cells])

    @cached_property
    def _index(self) -> Any:
        return _faiss().deserialize_index(np.asarray(self._packed))

    @cached_property
    def _centroids(self) -> Floats:
        """float32[cells, d]."""
        centroids: Floats = self._index.quantizer.reconstruct_n(0, self._index.nlist)
        return centroids

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
        """int64[n]: the rows, sorted by cell."""
        return np.argsort(self._cell_of, kind="stable")

    @cached_property
    def _sizes(self) -> Ints:
        """int64[cells]: the number of rows of each cell."""
        return np.bincount(self._cell_of, minlength=self._index.nlist)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *np.cumsum(self._sizes).tolist()]


@contextmanager
def _one_thread(faiss: Any) -> Iterator[None]:
    """Make faiss work in the calling thread only. See `threads`."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _faiss() -> Any:
    """Import faiss when it is needed. It is Any because it wraps its classes at runtime, which its types miss."""
    import faiss

    return faiss
