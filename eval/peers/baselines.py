"""Trivial baselines: popularity, and a random order."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.peers.peer import PeerData, Scores


class Popularity:
    """A `Peer` that scores an item by the number of readers who chose it."""

    def __init__(self, data: PeerData) -> None:
        chosen = [row for rows in data.histories.values() for row in set(rows)]
        self._counts = np.bincount(np.array(chosen, dtype=np.int64), minlength=len(data.texts)).astype(np.float64)

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        return self._counts


class RandomOrder:
    """A `Peer` with random scores, the same for the same query and seed."""

    def __init__(self, data: PeerData) -> None:
        self._items = len(data.texts)
        self._seed = data.seed

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        number = int.from_bytes(hashlib.sha256(query.id.encode()).digest()[:8], "big")
        return np.random.default_rng([self._seed, number]).random(self._items)
