"""The acts that models are trained on: what each reader chose to watch, in time order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from shortlist.models.towers.item_tower import act_code
from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.store.catalogue.catalogue import Catalogue

Ints = npt.NDArray[np.int64]
DAY_US = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Acts:
    """The first choice of each video by each reader, oldest first; one reader after the other.

    Video i is `ids[i]` and reader r is `readers[r]`, whose acts are those from `starts[r]` to `starts[r + 1]`. `items`,
    `times` (microseconds since 1970) and `codes` (see `act_code`) are int64[m].
    """

    ids: tuple[str, ...]
    readers: tuple[str, ...]
    starts: Ints
    items: Ints
    times: Ints
    codes: Ints

    @classmethod
    def read(cls, catalogue: Catalogue) -> Acts:
        """Read the clicks, views and likes of all videos in `catalogue`, without videos that are gone."""
        known: dict[str, int] = {video_id: n for n, video_id in enumerate(sorted(catalogue.videos.ids()))}
        readers: list[str] = []
        starts, rows = [0], list[tuple[int, int, int]]()
        for user_id, choices in catalogue.events.iterate_choices():
            first: dict[str, tuple[int, int, int]] = {}
            for item_id, at, action, dwell_s in choices:
                if item_id in known:
                    first.setdefault(item_id, (known[item_id], at, act_code(action, dwell_s)))
            if first:
                readers.append(user_id)
                rows.extend(first.values())
                starts.append(len(rows))
        items, times, codes = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        return cls(tuple(known), tuple(readers), np.array(starts, dtype=np.int64), items, times, codes)

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def lengths(self) -> Ints:
        """int64[readers]: the number of acts of each reader."""
        return np.diff(self.starts)

    @cached_property
    def owner(self) -> Ints:
        """int64[m]: the number of the reader of each act."""
        return np.repeat(np.arange(len(self.readers)), self.lengths)

    @property
    def newest(self) -> datetime:
        """The time of the newest act."""
        return datetime.fromtimestamp(int(self.times.max()) / 1e6, UTC)

    def middle_after(self, moment: datetime) -> datetime | None:
        """Return the time with as many acts after it as between `moment` and it; None without later acts."""
        later = self.times[self.times > moment.timestamp() * 1e6]
        return datetime.fromtimestamp(float(np.median(later)) / 1e6, UTC) if len(later) else None

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits of the sha256 of all acts."""
        sha = hashlib.sha256("\n".join((*self.ids, *self.readers)).encode())
        for array in (self.starts, self.items, self.times, self.codes):
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()[:16]

    def kept(self, mask: npt.NDArray[np.bool_]) -> Acts:
        """Return only the acts where `mask`, bool[m], is True. Readers keep their numbers."""
        lengths = np.bincount(self.owner[mask], minlength=len(self.readers))
        starts = np.append(0, np.cumsum(lengths))
        return Acts(self.ids, self.readers, starts, self.items[mask], self.times[mask], self.codes[mask])

    def links(self) -> Links:
        """Return the co-watch links counted over these acts alone."""
        names = [self.ids[item] for item in self.items.tolist()]
        bounds = zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True)
        watches = ([(name, 1) for name in names[start:end]] for start, end in bounds)
        return Links.empty().updated((one for one in watches if one), 1)

    def popularity(self, half_life_days: float) -> dict[str, float]:
        """Return the decayed number of readers of each video by id, as `Events.popularity` does."""
        if not len(self):
            return {}
        decayed = 0.5 ** ((self.times.max() - self.times) / (half_life_days * DAY_US))
        totals = np.bincount(self.items, weights=decayed, minlength=len(self.ids))
        return {self.ids[item]: float(totals[item]) for item in np.flatnonzero(totals).tolist()}


@dataclass(frozen=True, eq=False)
class HiddenActs:
    """`acts` without the last act of some readers: `targets` has the place of each hidden act in the full `whole`."""

    whole: Acts
    acts: Acts
    targets: Ints

    @classmethod
    def of(cls, whole: Acts, readers: int, seed: int, least: int = 2) -> HiddenActs:
        """Hide the last act of at most `readers` readers, drawn at random from those with `least` acts or more."""
        eligible = np.flatnonzero(whole.lengths >= least)
        chosen = np.sort(np.random.default_rng(seed).permutation(eligible)[:readers])
        targets = whole.starts[chosen + 1] - 1
        mask = np.ones(len(whole), dtype=np.bool_)
        mask[targets] = False
        return cls(whole, whole.kept(mask), targets)

    @cached_property
    def by_reader(self) -> Mapping[str, tuple[str, int]]:
        """The hidden video and its time, in microseconds, by user id."""
        whole = self.whole
        return {
            whole.readers[whole.owner[place]]: (whole.ids[whole.items[place]], int(whole.times[place]))
            for place in self.targets.tolist()
        }


def acts_of(sequences: Iterable[Sequence[str]], ids: Sequence[str]) -> Acts:
    """Return acts of the given sequences of video ids, one reader each, a day apart. For data that has no times."""
    known = {item_id: number for number, item_id in enumerate(ids)}
    rows = [list(dict.fromkeys(known[item] for item in sequence)) for sequence in sequences]
    starts = np.append(0, np.cumsum([len(one) for one in rows])).astype(np.int64)
    items = np.array([item for one in rows for item in one], dtype=np.int64)
    times = np.array([DAY_US * at for one in rows for at in range(len(one))], dtype=np.int64)
    readers = tuple(f"reader {number}" for number in range(len(rows)))
    return Acts(tuple(ids), readers, starts, items, times, np.zeros(len(items), dtype=np.int64))
