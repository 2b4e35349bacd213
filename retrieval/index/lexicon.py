"""Term statistics of a snapshot, exact over its live rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.retrieval.index.postings import Postings
from shortlist.retrieval.index.segment import SegmentView
from shortlist.retrieval.vectors.arrays import Ints, Keys, Scores


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """The terms of the live rows.

    `keys` is uint64[v], ascending. `frequency` is int64[v]: the number of live rows with each term. There are `n`
    live rows, which have `mean_length` terms on average.
    """

    keys: Keys
    frequency: Ints
    n: int
    mean_length: float

    def find(self, keys: Keys) -> Ints:
        """Return int64[len(keys)]: the term number of each key, or -1 if no live row contains it."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1)

    def align(self, postings: Postings, values: Scores) -> Scores:
        """Return `values`, float64[v], for each term of `postings`; 0 for terms that only dead rows contain."""
        return np.append(values, 0.0)[self.find(postings.keys)]


def lexicon_of(parts: Sequence[SegmentView]) -> Lexicon:
    """Return the lexicon of all `parts`. Reads the terms of every part once."""
    n = sum(part.n_live for part in parts)
    frequencies = [_live_frequency(part) for part in parts]
    keys, number = np.unique(
        np.concatenate([np.empty(0, np.uint64), *(part.segment.postings.keys for part in parts)]), return_inverse=True
    )
    every = np.concatenate([np.empty(0, dtype=np.int64), *frequencies])
    total = np.bincount(number, weights=every, minlength=len(keys)).astype(np.int64)
    length = sum(int(part.segment.postings.lengths[part.live()].sum(dtype=np.int64)) for part in parts)
    return Lexicon(keys[total > 0], total[total > 0], n, length / max(1, n))


def _live_frequency(part: SegmentView) -> Ints:
    postings = part.segment.postings
    if not len(part.dead):
        return np.diff(postings.starts).astype(np.int64)
    counted = np.append(0, np.cumsum(part.live()[postings.rows], dtype=np.int64))
    return np.diff(counted[postings.starts])
