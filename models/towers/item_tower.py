"""A trained tower as plain arrays, which can be memory-mapped. Torch is needed to train it, not to use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shortlist.core.types import Action

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Seconds = npt.NDArray[np.float64]

LAST = 16  # newest watches that a reader's vector is made of
LIKED = 5  # the code of a like, and one more than the last code of a dwell time
DWELL_S = (5.0, 15.0, 30.0)  # limits of the dwell codes 1 to 4; code 0 is an unknown dwell time
SESSION_S = 1800.0  # a longer pause between two watches begins a new session
AGE_S = (SESSION_S, 86_400.0, 604_800.0)  # limits of the age codes: the same session, day and week
ACTS, AGES = LIKED + 1, len(AGE_S) + 1
SESSIONS = 4  # the newest sessions that have weights of their own; older ones count as the last of them


def act_code(action: Action, dwell_s: float | None) -> int:
    """Return the code of an act, 0 to `ACTS` - 1: a like, or how long it took."""
    if action == "like":
        return LIKED
    return 0 if dwell_s is None else 1 + int(np.searchsorted(DWELL_S, dwell_s, side="right"))


def age_codes(age_s: Seconds) -> Ints:
    """Return int64[n], 0 to `AGES` - 1: how many limits each age, in seconds, exceeds."""
    return np.searchsorted(AGE_S, age_s, side="left")


@dataclass(frozen=True, eq=False)
class ItemTower:
    """Scores item j for a reader by u . `outputs`[j] + `bias`[j].

    u is the sum over the reader's newest `LAST` watches i_k, newest first, of `acts`[act] x (`recency`[k] x `ages`[age]
    + `sessions`[session] / watches of the session) x `inputs`[i_k]. Ages are counted from the newest watch, and
    sessions from the newest session: `sessions` weighs their means. `inputs` and `outputs` are float32[n, d], aligned
    with `ids`. An item without a row gets its vectors from its text vector t, float32[t]: t `text_in` and t `text_out`,
    both float32[t, d], and the bias `new_bias`, float32[1]. `cells`, uint8[bytes], is an index of the outputs with
    their biases as a last number, which selects candidates; empty if there are few videos.
    """

    ids: tuple[str, ...]
    inputs: Floats
    outputs: Floats
    bias: Floats
    recency: Floats
    acts: Floats
    ages: Floats
    text_in: Floats
    text_out: Floats
    new_bias: Floats
    sessions: Floats = field(default_factory=lambda: np.zeros(SESSIONS, np.float32))
    cells: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Number of each item, by id."""
        return {item_id: number for number, item_id in enumerate(self.ids)}

    def weights(self, acts: Ints, age_s: Seconds) -> Floats:
        """Return float32[m], the weight of each of at most `LAST` watches, newest first, by `act_code` and age."""
        own = self.recency[: len(acts)] * self.ages[age_codes(age_s)]
        number = np.append(0, np.cumsum(np.diff(age_s) > SESSION_S)) if len(age_s) else np.empty(0, np.int64)
        pooled = self.sessions[np.minimum(number, SESSIONS - 1)] / np.bincount(number)[number]
        return np.asarray(self.acts[acts] * (own + pooled), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write one .npy file for each array into `folder`, which must not exist."""
        folder.mkdir(parents=True)
        np.save(folder / "cells.npy", self.cells)
        text = np.frombuffer("\n".join(self.ids).encode(), dtype=np.uint8)  # an id has printable characters only
        np.save(folder / "ids.npy", text)
        for name in ARRAYS:
            np.save(folder / f"{name}.npy", np.ascontiguousarray(getattr(self, name), dtype=np.float32))

    @classmethod
    def load(cls, folder: Path) -> ItemTower:
        """Memory-map the arrays in `folder`. Raises `OSError` or `ValueError` if one is missing or damaged."""
        text = np.load(folder / "ids.npy", allow_pickle=False).tobytes().decode()
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
        cells = np.load(folder / "cells.npy", mmap_mode="r", allow_pickle=False)
        return cls(tuple(text.split("\n")) if text else (), **arrays, cells=cells)


ARRAYS = tuple(one.name for one in fields(ItemTower) if one.name not in ("ids", "cells"))
