"""When segments are merged: the logarithmic method, which rewrites a row O(log n) times and leaves few segments."""

from __future__ import annotations

import math
from collections.abc import Sequence

GROWTH = 3
MAX_DEAD = 0.25
# Rows that a commit merges at most: the work of a moment, for so small a segment has no cells. The rest is done aside.
AT_ONCE = 5_000


def to_merge(sizes: Sequence[tuple[int, int]], most: float = math.inf) -> range:
    """Which of the segments to merge into one; `sizes` are (live, dead) rows, oldest first. Empty: none.

    Only the newest segments are looked at, which have `most` rows together, dead ones included. Of these, afterwards,
    every segment is more than `GROWTH` times as large as all newer ones together, so an index of n rows has at most
    about log(n) / log(GROWTH + 1) segments, and none has more than `MAX_DEAD` tombstones. Each two neighbours among the
    older ones have at least `most` * GROWTH / (GROWTH + 1) rows, as long as nothing is removed.
    """
    start = len(sizes)
    newer = rows = 0
    for at in reversed(range(len(sizes))):
        live, dead = sizes[at]
        rows += live + dead
        if rows > most:
            break
        crowded = newer > 0 and live <= GROWTH * newer
        wasteful = dead > MAX_DEAD * (live + dead)
        if crowded or wasteful:
            start = at
        newer += live
    return range(start, len(sizes))
