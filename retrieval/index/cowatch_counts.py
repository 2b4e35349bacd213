"""Co-watch counts: links between videos that the same reader watched one after the other.

Two videos of one reader's sequence that are `d` <= `REACH` positions apart add d^-`FADING` to the link from the earlier
to the later. Counts are integers, so that subtracting an old sequence and adding the new one gives exactly the same as
counting all events again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy  # loads scipy.sparse when it is first used

from shortlist.retrieval.vectors.arrays import Ints

REACH = 20
FADING = 0.25
UNIT = 1000  # added to a link by neighbours in a sequence

# A reader's clicks, views and likes of videos in time order, each with its number in the event store.
Watches = Sequence[tuple[str, int]]


@dataclass(frozen=True, eq=False)
class Links:
    """Links between n videos: `forward`, int64[n, n] in `UNIT`s, has the link from video a (row) to b (column).

    `ids[i]` is the id of video i, and `watched[i]` the number of its readers. `readers` is the number of all readers
    with a sequence. The events up to number `counted` are included.
    """

    ids: tuple[str, ...]
    forward: scipy.sparse.csr_array
    watched: Ints
    readers: int
    counted: int

    @classmethod
    def empty(cls) -> Links:
        """Return links that include no event."""
        return cls((), scipy.sparse.csr_array((0, 0), dtype=np.int64), np.empty(0, dtype=np.int64), 0, 0)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Number of each video, by id."""
        return {item_id: number for number, item_id in enumerate(self.ids)}

    def updated(self, readers: Iterable[Watches], until: int) -> Links:
        """Return links with the events up to `until`. `readers`: all watches of readers with one after `counted`."""
        known = dict(self.numbers)
        before: list[list[int]] = []
        after: list[list[int]] = []
        for watches in readers:
            for sequences, last in ((before, self.counted), (after, until)):
                items = dict.fromkeys(item for item, number in watches if number <= last)
                sequences.append([known.setdefault(item, len(known)) for item in items])
        changed = [_apart(old, new) for old, new in zip(before, after, strict=True)]
        n = len(known)
        forward = self._grown(n) + pairs([new for _, new in changed], n) - pairs([old for old, _ in changed], n)
        watched = np.pad(self.watched, (0, n - len(self.ids))) + _counts(after, n) - _counts(before, n)
        n_readers = self.readers + sum(map(bool, after)) - sum(map(bool, before))
        return Links(tuple(known), forward, watched, n_readers, until)

    def strongest(self, top: int | None) -> Links:
        """Return links with the `top` strongest of each video to others, of equal ones those to smaller ids; None: all.

        What later events subtract from a link that was left out is ignored, so late events may leave links too strong.
        """
        forward = self.forward
        if forward.nnz and forward.data.min() <= 0:
            forward = forward.maximum(0).tocsr()
            forward.eliminate_zeros()
        if top is not None and forward.nnz and np.diff(forward.indptr).max() > top:
            forward = strongest(forward, top, np.argsort(np.argsort(np.array(self.ids))))
        return self if forward is self.forward else replace(self, forward=forward)

    def _grown(self, n: int) -> scipy.sparse.csr_array:
        starts = np.pad(self.forward.indptr, (0, n - len(self.ids)), mode="edge")
        return scipy.sparse.csr_array((self.forward.data, self.forward.indices, starts), shape=(n, n))


def strongest(links: scipy.sparse.csr_array, top: int, order: Ints) -> scipy.sparse.csr_array:
    """Return the `top` largest values of each row, of equal ones those whose column has the least `order`, int64[n]."""
    kept = np.ones(links.nnz, dtype=np.bool_)
    for row in np.flatnonzero(np.diff(links.indptr) > top).tolist():
        part = slice(links.indptr[row], links.indptr[row + 1])
        kept[part] = False
        kept[part.start + np.lexsort((order[links.indices[part]], -links.data[part]))[:top]] = True
    ends = np.concatenate([[0], np.cumsum(kept)])[links.indptr]
    return scipy.sparse.csr_array((links.data[kept], links.indices[kept], ends), shape=links.shape)


def _apart(old: list[int], new: list[int]) -> tuple[list[int], list[int]]:
    """Return both sequences without the common prefix that is out of `REACH` of their first difference."""
    same = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(old))
    start = max(0, min(same, len(new)) - REACH)
    return old[start:], new[start:]


def pairs(sequences: Sequence[Sequence[int] | Ints], n: int) -> scipy.sparse.csr_array:
    """Return int64[n, n]: the links of `sequences` of different videos."""
    items = _joined(sequences)
    owner = np.repeat(np.arange(len(sequences)), [len(one) for one in sequences])
    rows, columns, values = [items[:0]], [items[:0]], [items[:0]]
    for distance in range(1, min(REACH, max(map(len, sequences), default=1) - 1) + 1):
        together = owner[:-distance] == owner[distance:]
        rows.append(items[:-distance][together])
        columns.append(items[distance:][together])
        values.append(np.full(len(rows[-1]), round(UNIT * distance**-FADING), dtype=np.int64))
    parts = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return scipy.sparse.coo_array(parts, shape=(n, n)).tocsr()


def _counts(sequences: Sequence[Sequence[int]], n: int) -> Ints:
    return np.bincount(_joined(sequences), minlength=n)


def _joined(sequences: Sequence[Sequence[int] | Ints]) -> Ints:
    return np.concatenate([np.empty(0, dtype=np.int64), *(np.array(one, dtype=np.int64) for one in sequences)])
