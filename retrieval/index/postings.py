"""Postings lists: the rows that contain each term, and how often."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import scipy  # loads scipy.sparse when it is first used

from shortlist.core.stuffing import Sifted
from shortlist.retrieval.analysis import term_keys, terms
from shortlist.retrieval.vectors.arrays import Floats, Ints, Keys, Rows

_MAX_COUNT = np.iinfo(np.uint16).max
IN_PROSE = 10  # what an occurrence in prose adds to a count
IN_STUFFING = 1


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """The postings of v terms in n rows, in compressed sparse row form.

    An occurrence in keyword stuffing counts as `IN_STUFFING` / `IN_PROSE` of one in prose: a simple form of BM25F, S.
    Robertson, H. Zaragoza and M. Taylor, Simple BM25 Extension to Multiple Weighted Fields, CIKM 2004.

    `keys` is uint64[v], ascending. The rows that contain term t are `rows[starts[t]:starts[t + 1]]`, ascending, and
    `counts`, aligned with `rows`, is how often each contains it, times `IN_PROSE`. `starts` is int32[v + 1], `rows`
    int32[p] and `counts` uint16[p], at most 65,535. `lengths` is int32[n]: the number of terms of each row, in prose
    and in stuffing.
    """

    keys: Keys
    starts: Rows
    rows: Rows
    counts: npt.NDArray[np.uint16]
    lengths: Rows

    def frequencies(self) -> Floats:
        """Return float32[p]: the term frequency of every posting, a fraction for terms in stuffing only."""
        return self.counts.astype(np.float32) / np.float32(IN_PROSE)

    def find(self, keys: Keys) -> tuple[Ints, Ints]:
        """Return (positions in `keys`, term numbers) of those `keys` that occur here."""
        at = np.searchsorted(self.keys, keys)
        at[at == len(self.keys)] = 0
        known = np.flatnonzero(self.keys[at] == keys) if len(self.keys) else np.empty(0, dtype=np.int64)
        return known, at[known]


def count_terms(texts: Iterable[Sifted]) -> Postings:
    """Return the postings of `texts`, row i for the i-th text."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    flat, lengths, in_prose = array("i"), array("i"), array("i")
    for text in texts:
        found, listed = terms(text.prose), terms(text.stuffing)
        flat.extend(map(numbers.__getitem__, chain(found, listed)))
        lengths.append(len(found) + len(listed))
        in_prose.append(len(found))
    keys, number_of = np.unique(term_keys(numbers), return_inverse=True)
    sizes = np.array(lengths, dtype=np.int32)
    rows = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    is_prose = place < np.repeat(np.array(in_prose, dtype=np.int32), sizes)
    added = np.where(is_prose, IN_PROSE, IN_STUFFING).astype(np.int32)
    return _assemble(keys, number_of[np.array(flat, dtype=np.int32)], rows, added, sizes)


def merge_postings(parts: Sequence[Postings], new_rows: Sequence[Rows], n_rows: int) -> Postings:
    """Merge postings. Row r of `parts[i]` becomes row `new_rows[i][r]` of `n_rows`, or is dropped if that is -1."""
    keys = np.unique(np.concatenate([part.keys for part in parts]))
    lengths = np.zeros(n_rows, dtype=np.int32)
    numbers, rows, counts = [], [], []
    for part, moved in zip(parts, new_rows, strict=True):
        lengths[moved[moved >= 0]] = part.lengths[moved >= 0]
        target = moved[part.rows]
        kept = target >= 0
        number = np.searchsorted(keys, part.keys).astype(np.int32)
        numbers.append(np.repeat(number, np.diff(part.starts))[kept])
        rows.append(target[kept])
        counts.append(part.counts[kept].astype(np.int32))
    return _assemble(keys, np.concatenate(numbers), np.concatenate(rows), np.concatenate(counts), lengths)


def _assemble(
    keys: Keys, numbers: npt.NDArray[np.integer], rows: Rows, counts: npt.NDArray[np.int32], lengths: Rows
) -> Postings:
    matrix = scipy.sparse.coo_array((counts, (numbers, rows)), shape=(len(keys), len(lengths))).tocsr()
    matrix.sort_indices()
    used = np.diff(matrix.indptr) > 0
    starts = np.append(matrix.indptr[:-1][used], matrix.indptr[-1])
    capped = np.minimum(matrix.data, _MAX_COUNT).astype(np.uint16)
    return Postings(keys[used], starts.astype(np.int32), matrix.indices.astype(np.int32), capped, lengths)
