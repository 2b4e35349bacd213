"""Windows over the acts of readers: the rows of a training batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shortlist.learning.acts import Acts
from shortlist.models.towers.item_tower import LAST, SESSION_S, SESSIONS, age_codes

Ints = npt.NDArray[np.int64]

WIDTH = LAST + 1
EMPTY = -1  # the item where a window is longer than its reader's acts


@dataclass(frozen=True, eq=False)
class Windows:
    """Up to `WIDTH` consecutive acts of one reader in each row, oldest first, then `EMPTY`.

    `items` and `codes` are int64[w, WIDTH], `seconds` float64[w, WIDTH]. `fresh`, bool[w, WIDTH], marks the acts to
    predict: each act of a reader but the first is predicted in one window, with as many acts before it as it has.
    """

    items: Ints
    codes: Ints
    seconds: npt.NDArray[np.float64]
    fresh: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.items)

    def batches(self, positions: int, seed: int) -> Iterator[Ints]:
        """Yield the rows of each batch in random order, with about `positions` acts to predict."""
        order = np.random.default_rng(seed).permutation(len(self))
        ends = np.cumsum(self.fresh.sum(axis=1)[order])
        cuts = np.searchsorted(ends, np.arange(positions, ends[-1] if len(ends) else 0, positions))
        yield from (rows for rows in np.split(order, np.unique(cuts)) if len(rows))


def windows_of(acts: Acts) -> Windows:
    """Cut the acts of each reader with two or more into windows that overlap by half."""
    step = WIDTH // 2
    starts, ends, first = [], [], []
    for start, end in zip(acts.starts[:-1].tolist(), acts.starts[1:].tolist(), strict=True):
        at, seen = start, start + 1
        while seen < end:
            stop = min(end, at + WIDTH)
            starts.append(at)
            ends.append(stop)
            first.append(seen)
            at, seen = at + step, stop
    places = np.array(starts, dtype=np.int64)[:, None] + np.arange(WIDTH)
    inside = places < np.array(ends, dtype=np.int64)[:, None]
    places = np.minimum(places, max(0, len(acts) - 1))
    items = np.where(inside, acts.items[places], EMPTY)
    fresh = inside & (places >= np.array(first, dtype=np.int64)[:, None])
    return Windows(items, np.where(inside, acts.codes[places], 0), acts.times[places] / 1e6, fresh)


def ages_before(seconds: npt.NDArray[np.float64]) -> Ints:
    """Return int64[w, t, s]: the age code of act s when act t is predicted, counted from the act just before t."""
    newest = np.concatenate((seconds[:, :1], seconds[:, :-1]), axis=1)
    ages = newest[:, :, None] - seconds[:, None, :]
    return age_codes(np.maximum(ages, 0.0))


def sessions_before(seconds: npt.NDArray[np.float64]) -> tuple[Ints, npt.NDArray[np.float32]]:
    """Return the session of act s when act t is predicted, and its share in that session.

    Sessions, int64[w, t, s], count from that of the act just before t; the oldest count alike. A share,
    float32[w, t, s], is 1 divided by the acts of the session before t, and 0 for the act t and later ones.
    """
    number = np.cumsum(np.diff(seconds, axis=1, prepend=seconds[:, :1]) > SESSION_S, axis=1)
    newest = np.concatenate((number[:, :1], number[:, :-1]), axis=1)
    session: Ints = np.clip(newest[:, :, None] - number[:, None, :], 0, SESSIONS - 1)
    width = seconds.shape[1]
    before = np.tri(width, k=-1, dtype=np.float32)
    acts = before @ (number[:, :, None] == number[:, None, :]).astype(np.float32)
    return session, before / np.maximum(acts, 1.0)
