"""The time that a rerank may take."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter


class Budget:
    """Says whether another call fits, taking the last call's time as the next one's. No limit where `ms` is None.

    No call is started that would not fit, so a rerank overshoots by at most the one call it misjudged.
    """

    def __init__(self, ms: float | None, clock: Callable[[], float] = perf_counter) -> None:
        self._ms = ms
        self._clock = clock
        self._start = self._last = clock()
        self._call_s = 0.0

    def fits(self) -> bool:
        """Whether a call started now should end in time. Call it once before each call."""
        now = self._clock()
        self._call_s, self._last = now - self._last, now
        if self._ms is None:
            return True
        return (now - self._start) + self._call_s < self._ms / 1000
