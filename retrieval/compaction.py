"""When segments are merged: the logarithmic method, which rewrites a row O(log n) times and leaves few segments."""

from __future__ import annotations

from collections.abc import Sequence

GROWTH = 3
MAX_DEAD = 0.25


def to_merge(sizes: Sequence[tuple[int, int]]) -> range:
    """Which of the segments to merge into one; `sizes` are (live, dead) rows, oldest first. Empty: none.

    Afterwards every segment is more than `GROWTH` times as large as all newer ones together, so an index of n rows has
    at most about log(n) / log(GROWTH + 1) segments, and none has more than `MAX_DEAD` tombstones.
    """
    start = len(sizes)
    newer = 0
    for at in reversed(range(len(sizes))):
        live, dead = sizes[at]
        crowded = newer > 0 and live <= GROWTH * newer
        wasteful = dead > MAX_DEAD * (live + dead)
        if crowded or wasteful:
            start = at
        newer += live
    return range(start, len(sizes))
