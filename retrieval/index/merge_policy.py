"""The merge policy: the logarithmic method, which rewrites a row O(log n) times and keeps few segments."""

from __future__ import annotations

import math
from collections.abc import Sequence

GROWTH = 3
MAX_DEAD = 0.25
# A commit merges at most so many rows, which is quick as so small a segment has no IVF index. See `background_merge`.
MAX_COMMIT_ROWS = 5_000


def segments_to_merge(sizes: Sequence[tuple[int, int]], max_rows: float = math.inf) -> range:
    """Return the positions of the segments to merge into one. `sizes` are (live, dead) rows, oldest first.

    Only the newest segments that have at most `max_rows` rows together, including dead ones, are considered. After the
    merge each of these is more than `GROWTH` times as large as all newer ones together, so an index of n rows has at
    most about log(n) / log(GROWTH + 1) segments. None has a larger share of dead rows than `MAX_DEAD`. Any two
    neighbours among the older segments have at least `max_rows` * GROWTH / (GROWTH + 1) rows, unless items are removed.
    """
    start = len(sizes)
    newer = rows = 0
    for at in reversed(range(len(sizes))):
        live, dead = sizes[at]
        rows += live + dead
        if rows > max_rows:
            break
        too_small = newer > 0 and live <= GROWTH * newer
        too_many_dead = dead > MAX_DEAD * (live + dead)
        if too_small or too_many_dead:
            start = at
        newer += live
    return range(start, len(sizes))
