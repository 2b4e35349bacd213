"""The exact best rows, ties by ascending id even at the cut."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shortlist.retrieval.vectors.arrays import Floats, Ints, Rows

_STRETCHES = 8  # for every row that is asked for


def distinct(rows: Ints) -> Ints:
    """`rows` ascending, each once. Faster than `np.unique`, which hashes."""
    ascending = np.sort(rows)
    return np.asarray(ascending[np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)]])


def best_first(scores: npt.NDArray[np.floating], ties: Rows | Ints, limit: int | None = None) -> Ints:
    """Positions of the `limit` highest `scores`, best first; equal scores by ascending `ties` (aligned, distinct).

    The answer is that of sorting everything; only as much is sorted as is returned.
    """
    if limit is None or limit >= len(scores):
        return np.lexsort((ties, -scores))
    if limit <= 0:
        return np.empty(0, dtype=np.int64)
    cut = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    above = np.flatnonzero(scores > cut)
    level = np.flatnonzero(scores == cut)
    room = limit - len(above)
    if len(level) > room:
        level = level[np.argpartition(ties[level], room - 1)[:room]]
    chosen = np.concatenate((above, level))
    return chosen[np.lexsort((ties[chosen], -scores[chosen]))]


def reaching(scores: Floats, limit: int, least: np.float32) -> Ints:
    """Rows that are sure to include the `limit` best of `scores` above `least`, ascending; hardly more than those.

    The rows are cut into stretches. The highest scores of stretches belong to different rows, so the `limit`-th
    highest of them is no higher than the `limit`-th best score.
    """
    width = len(scores) // (_STRETCHES * max(1, limit))
    if width < 2:
        return np.flatnonzero(scores > least)
    highest = scores[: len(scores) // width * width].reshape(-1, width).max(axis=1)
    floor = np.partition(highest, len(highest) - limit)[len(highest) - limit]
    return np.flatnonzero(scores > least if floor <= least else scores >= floor)


class TopK:
    """The rows that can still be among the best `limit` while scores arrive in blocks.

    Rows within `slack` below the last place are kept too, so that scores computed roughly can be made exact afterwards.
    """

    def __init__(self, limit: int, slack: float) -> None:
        self._limit = limit
        self._slack = slack
        self._floor = -np.inf
        self._rows: list[Ints] = []
        self._scores: list[npt.NDArray[np.floating]] = []
        self._waiting = 0

    def add(self, scores: npt.NDArray[np.floating], first_row: int) -> None:
        """Take in the scores of the rows from `first_row` on; minus infinity is never kept."""
        kept = np.flatnonzero(scores > self._floor)
        self._rows.append(kept + first_row)
        self._scores.append(scores[kept])
        self._waiting += len(kept)
        if self._waiting > 2 * self._limit:
            self._prune()

    def rows(self) -> Ints:
        """The rows that remain, in no useful order."""
        self._prune()
        return self._rows[0]

    def _prune(self) -> None:
        rows = np.concatenate([np.empty(0, dtype=np.int64), *self._rows])
        scores = np.concatenate([np.empty(0, dtype=np.float32), *self._scores])
        if len(rows) > self._limit:
            cut = float(np.partition(scores, len(scores) - self._limit)[len(scores) - self._limit])
            self._floor = np.nextafter(np.float32(cut - self._slack), np.float32(-np.inf))
            rows, scores = rows[scores > self._floor], scores[scores > self._floor]
        self._rows, self._scores, self._waiting = [rows], [scores], 0
