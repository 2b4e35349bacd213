"""Exact top-k selection. Ties are broken by ascending id, also at the cut-off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shortlist.retrieval.vectors.arrays import Floats, Ints, Rows, Scores

_CHUNKS_PER_ROW = 8  # chunks for each row to be returned


def distinct(rows: Ints) -> Ints:
    """Return the unique `rows`, ascending. Faster than `np.unique`, which hashes."""
    ascending = np.sort(rows)
    first = np.ones(len(rows), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return np.asarray(ascending[first])


def best_first(scores: npt.NDArray[np.floating], ties: Rows | Ints, limit: int | None = None) -> Ints:
    """Return the positions of the `limit` highest `scores`, best first.

    Equal scores are in ascending order of `ties`, which are aligned with `scores` and distinct. The result is that of a
    full sort, but only the returned positions are sorted.
    """
    if limit is None or limit >= len(scores):
        return np.lexsort((ties, -scores))
    if limit <= 0:
        return np.empty(0, dtype=np.int64)
    cut = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    above = np.flatnonzero(scores > cut)
    tied = np.flatnonzero(scores == cut)
    room = limit - len(above)
    if len(tied) > room:
        tied = tied[np.argpartition(ties[tied], room - 1)[:room]]
    selected = np.concatenate((above, tied))
    return selected[np.lexsort((ties[selected], -scores[selected]))]


def ranks_among(scores: Scores, ties: Rows | Ints, chosen: Ints) -> Ints:
    """Return int64[len(chosen)]: the rank of each of the `chosen` positions, 1 for the best, without sorting all.

    The order is that of `best_first`.
    """
    own, ascending = scores[chosen], np.sort(scores)
    not_better = np.searchsorted(ascending, own, side="right")
    ranks = 1 + len(scores) - not_better
    tied = np.flatnonzero(not_better - np.searchsorted(ascending, own) > 1)
    before = (scores == own[tied, None]) & (ties < ties[chosen[tied], None])
    ranks[tied] += np.count_nonzero(before, axis=1)
    return np.asarray(ranks)


def top_candidates(scores: Floats, limit: int, minimum: np.float32) -> Ints:
    """Return rows, ascending, that include the `limit` best `scores` above `minimum`, and few others.

    The rows are divided into chunks. The maxima of chunks belong to different rows, so the `limit`-th highest maximum
    is no higher than the `limit`-th best score. Row r is in chunk r modulo the number of chunks, because numpy compares
    whole slices fastest.
    """
    width = len(scores) // (_CHUNKS_PER_ROW * max(1, limit))
    if width < 2:
        return np.flatnonzero(scores > minimum)
    highest = scores[: len(scores) // width * width].reshape(width, -1).max(axis=0)
    floor = np.partition(highest, len(highest) - limit)[len(highest) - limit]
    return np.flatnonzero(scores > minimum if floor <= minimum else scores >= floor)


class TopK:
    """Collects the rows that may be among the best `limit` while scores arrive in blocks.

    Rows whose score is within `slack` of the last place are included, so that rough scores can be recomputed exactly.
    """

    def __init__(self, limit: int, slack: float) -> None:
        self._limit = limit
        self._slack = slack
        self._floor = -np.inf
        self._rows: list[Ints] = []
        self._scores: list[npt.NDArray[np.floating]] = []
        self._n_rows = 0

    def add(self, scores: npt.NDArray[np.floating], first_row: int) -> None:
        """Add the scores of consecutive rows from `first_row`. Rows with minus infinity are dropped."""
        kept = np.flatnonzero(scores > self._floor)
        self._rows.append(kept + first_row)
        self._scores.append(scores[kept])
        self._n_rows += len(kept)
        if self._n_rows > 2 * self._limit:
            self._prune()

    def rows(self) -> Ints:
        """Return the collected rows, in no particular order."""
        self._prune()
        return self._rows[0]

    def _prune(self) -> None:
        rows = np.concatenate([np.empty(0, dtype=np.int64), *self._rows])
        scores = np.concatenate([np.empty(0, dtype=np.float32), *self._scores])
        if len(rows) > self._limit:
            cut = float(np.partition(scores, len(scores) - self._limit)[len(scores) - self._limit])
            self._floor = np.nextafter(np.float32(cut - self._slack), np.float32(-np.inf))
            rows, scores = rows[scores > self._floor], scores[scores > self._floor]
        self._rows, self._scores, self._n_rows = [rows], [scores], 0
