"""The acts of all readers by time: how often each video was shown and chosen before any moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from shortlist.retrieval.vectors.arrays import Ints

HOUR_US = 3_600_000_000
WINDOWS_US = {"hour": HOUR_US, "day": 24 * HOUR_US, "week": 168 * HOUR_US}
DAYS = 8.0  # of the home's own log that is read: a week, and a day to compare it with


@dataclass(frozen=True, eq=False)
class TimedCounts:
    """Counts events of numbered videos by time, in microseconds: `numbers` and `times`, int64[m] each."""

    numbers: Ints
    times: Ints

    def count(self, numbers: Ints, since: int, until: int) -> Ints:
        """Return int64[len(numbers)]: the events of each video with `since` <= time < `until`; 0 for number -1."""
        if not len(self.times):
            return np.zeros(len(numbers), dtype=np.int64)
        ends = [np.searchsorted(self._keys, self._key(numbers, moment)) for moment in (since, until)]
        return np.where(numbers >= 0, ends[1] - ends[0], 0)

    def total(self, until: int) -> int:
        """Return the number of all events before `until`."""
        return int(np.searchsorted(self._sorted_times, until))

    @cached_property
    def _sorted_times(self) -> Ints:
        return np.sort(self.times)

    @cached_property
    def _first(self) -> int:
        return int(self.times.min())

    @cached_property
    def _last(self) -> int:
        return int(self.times.max(initial=-1)) + 1

    @cached_property
    def _keys(self) -> Ints:
        return np.sort(self.numbers * (self._last - self._first + 1) + self.times - self._first)

    def _key(self, numbers: Ints, moment: int) -> Ints:
        inside = min(max(moment, self._first), self._last) - self._first
        return numbers * (self._last - self._first + 1) + inside


@dataclass(frozen=True, eq=False)
class ActLog:
    """The impressions (`shown`) and choices (`chosen`) of videos; `numbers` has the number of each video by id."""

    numbers: Mapping[str, int]
    shown: TimedCounts
    chosen: TimedCounts

    @classmethod
    def of(cls, entries: Iterable[tuple[str, int, bool]]) -> ActLog:
        """Collect (video id, microseconds since 1970, chosen); an entry that is not chosen is an impression."""
        numbers: dict[str, int] = {}
        rows = [(numbers.setdefault(item, len(numbers)), at, chosen) for item, at, chosen in entries]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        chosen = table[:, 2] == 1
        shown, taken = (TimedCounts(part[:, 0], part[:, 1]) for part in (table[~chosen], table[chosen]))
        return cls(numbers, shown, taken)

    @classmethod
    def none(cls) -> ActLog:
        """Return the log without any act."""
        return cls.of(())

    def until(self, at: datetime | None) -> int:
        """Return the moment before which acts count for a request at `at`; for None, after the newest act."""
        return self.newest + 1 if at is None else round(at.timestamp() * 1e6)

    @cached_property
    def newest(self) -> int:
        """The time of the newest act in microseconds; 0 without any."""
        return max(int(part.times.max(initial=0)) for part in (self.shown, self.chosen))
