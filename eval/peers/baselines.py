"""What any system must beat: popularity, and chance."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.peers.peer import Scores, World


class Popularity:
    """How many readers had chosen an item. See `Peer`."""

    def __init__(self, world: World) -> None:
        chosen = [row for rows in world.histories.values() for row in set(rows)]
        self._counts = np.bincount(np.array(chosen, dtype=np.int64), minlength=len(world.texts)).astype(np.float64)

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        return self._counts


class Chance:
    """A random order, the same for the same query and seed. See `Peer`."""

    def __init__(self, world: World) -> None:
        self._items = len(world.texts)
        self._seed = world.seed

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        number = int.from_bytes(hashlib.sha256(query.id.encode()).digest()[:8], "big")
        return np.random.default_rng([self._seed, number]).random(self._items)
