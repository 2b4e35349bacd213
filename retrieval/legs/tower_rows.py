"""The videos of a trained tower in a snapshot: their scores, and the candidates for a reader's vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shortlist.models.towers.item_tower import ItemTower
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.vectors.arrays import Bools, Floats, Ints, Scores
from shortlist.retrieval.vectors.ivf import IvfPq, Packed, build_ivf
from shortlist.retrieval.vectors.scan import VectorQuery

MANY = 100_000  # videos from which a tower has an index; fewer are scored in a few milliseconds
_DIGITS = 6  # rounding makes equal videos tie
_SLACK = 1e-5  # relative error of a float32 score
_FEW = 1000
_NOT_HERE = -1


def tower_cells(tower: ItemTower) -> Packed:
    """Return the `cells` for the tower of many videos, else an empty array."""
    packed = build_ivf(np.column_stack((tower.outputs, tower.bias))) if len(tower.ids) >= MANY else None
    return np.empty(0, np.uint8) if packed is None else packed


@dataclass(frozen=True, eq=False)
class TowerRows:
    """A tower's videos in a snapshot. Slot s is video s of the tower, then the live videos that it lacks.

    `rows` int64[slots] has the row of each slot, -1 if it is not live, and `slots` int64[n] the slot of each row.
    `outputs` and `bias` are those of the tower; `new_outputs` float32[m, d] are those of the videos that it lacks.
    """

    tower: ItemTower
    rows: Ints
    slots: Ints
    new_outputs: Floats

    @classmethod
    def of(cls, tower: ItemTower, snapshot: Snapshot) -> TowerRows:
        """Find the tower's videos in `snapshot`. Without a text side, videos that it lacks have no slot."""
        rows = np.array([_row(snapshot, item_id) for item_id in tower.ids], dtype=np.int64)
        slots = np.full(len(snapshot), _NOT_HERE)
        here = np.flatnonzero(rows >= 0)
        slots[rows[here]] = here
        new = np.flatnonzero(snapshot.live & (slots == _NOT_HERE))
        if len(tower.text_out) != snapshot.dim:
            new = new[:0]
        slots[new] = len(rows) + np.arange(len(new))
        outputs = (
            snapshot.vectors(new) @ tower.text_out if len(new) else np.empty((0, tower.outputs.shape[1]), np.float32)
        )
        return cls(tower, np.concatenate((rows, new)), slots, outputs.astype(np.float32))

    def scores(self, readers: Floats) -> Floats:
        """Return float32[m, slots]: the scores of all slots for each reader's vector; `readers` is float32[m, d]."""
        known = readers @ self.tower.outputs.T + self.tower.bias
        return np.concatenate((known, readers @ self.new_outputs.T + self.tower.new_bias), axis=1)

    def best(self, readers: Floats, masks: Sequence[Bools | None], depths: Sequence[int]) -> list[Ints]:
        """Return rows within each mask, bool[n], that include the best `depths[i]` for `readers[i]`, in any order.

        With `cells`, a few of the best may be missing.
        """
        if len(self.tower.cells):
            return [self._from_cells(*one) for one in zip(readers, masks, depths, strict=True)]
        scores = self.scores(readers)
        return [_best(self.rows, *one) for one in zip(scores, masks, depths, strict=True)]

    def _from_cells(self, reader: Floats, mask: Bools | None, depth: int) -> Ints:
        """Return the candidates of the index, and all videos that the tower lacks."""
        n = len(self.tower.ids)
        hidden = 0 if mask is None else len(mask) - int(np.count_nonzero(mask))
        few = hidden <= _FEW  # looking up the mask of every slot takes longer than a deeper search
        slot_mask = None if few else _allowed(self.rows[:n], mask)
        query = VectorQuery(np.append(reader, np.float32(1.0))[None], 1, slot_mask, depth + (hidden if few else 0))
        found = self._cells.candidates([query])[0]
        rows = np.concatenate((self.rows[found], self.rows[n:]))
        return rows[_allowed(rows, mask)]

    def at(self, reader: Floats, rows: Ints) -> Scores:
        """Return float64[len(rows)], computed in float64; rows without a slot score as the lowest bias."""
        slots, n = self.slots[rows], len(self.tower.ids)
        scores = np.full(len(rows), self._lowest)
        wide = reader.astype(np.float64)
        known, new = (slots >= 0) & (slots < n), slots >= n
        own = slots[known]
        scores[known] = (self.tower.outputs[own] * wide).sum(axis=1) + self.tower.bias[own]
        scores[new] = (self.new_outputs[slots[new] - n] * wide).sum(axis=1) + self.tower.new_bias
        return scores.round(_DIGITS)

    @cached_property
    def _lowest(self) -> float:
        return float(self.tower.bias.min(initial=0.0))

    @cached_property
    def _cells(self) -> IvfPq:
        return IvfPq(self.tower.cells, len(self.tower.ids))


@dataclass(frozen=True, slots=True, eq=False)
class TowerScoring:
    """Scores rows for a reader's vector, float32[d]."""

    videos: TowerRows
    reader: Floats

    def at(self, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the exact scores of `rows`."""
        return self.videos.at(self.reader, rows)


def _best(rows: Ints, scores: Floats, mask: Bools | None, depth: int) -> Ints:
    """Return those of `rows` that may be returned and whose `scores` are among the best `depth`, or nearly."""
    allowed = _allowed(rows, mask)
    if depth >= np.count_nonzero(allowed):
        return rows[allowed]
    scores[~allowed] = -np.inf
    cut = float(np.partition(scores, len(scores) - depth)[len(scores) - depth])
    return rows[allowed & (scores >= cut - _SLACK * (1 + abs(cut)))]


def _allowed(rows: Ints, mask: Bools | None) -> Bools:
    """Return bool[len(rows)]: True for live rows within `mask`."""
    allowed = rows >= 0
    if mask is not None:
        allowed[allowed] = mask[rows[allowed]]
    return allowed


def _row(snapshot: Snapshot, item_id: str) -> int:
    row = snapshot.row(item_id)
    return _NOT_HERE if row is None else row
