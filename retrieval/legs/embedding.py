"""Base of the legs with a trained tower: svd and tower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.core.types import HistoryItem, Profile
from shortlist.models.towers.item_tower import LAST, ItemTower, act_code, age_codes
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.vectors.arrays import Bools, Floats, Ints, Scores

_DIGITS = 6  # rounding makes equal videos tie
_SLACK = 1e-5  # relative error of a float32 score
_NOT_HERE = -1


@dataclass(frozen=True, slots=True, eq=False)
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

    def at(self, reader: Floats, rows: Ints) -> Scores:
        """Return float64[len(rows)], computed in float64; rows without a slot score as the lowest bias."""
        slots, n = self.slots[rows], len(self.tower.ids)
        scores = np.full(len(rows), float(self.tower.bias.min(initial=0.0)))
        wide = reader.astype(np.float64)
        known, new = (slots >= 0) & (slots < n), slots >= n
        own = slots[known]
        scores[known] = (self.tower.outputs[own] * wide).sum(axis=1) + self.tower.bias[own]
        scores[new] = (self.new_outputs[slots[new] - n] * wide).sum(axis=1) + self.tower.new_bias
        return scores.round(_DIGITS)


@dataclass(frozen=True, slots=True, eq=False)
class TowerScoring:
    """Scores rows for a reader's vector, float32[d]."""

    videos: TowerRows
    reader: Floats

    def at(self, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the exact scores of `rows`."""
        return self.videos.at(self.reader, rows)


@dataclass(frozen=True, slots=True, eq=False)
class Watches:
    """The newest liked items of a reader that have a vector: float32[m, d] with their weights, float32[m]."""

    items: tuple[HistoryItem, ...]
    vectors: Floats
    weights: Floats

    @classmethod
    def of(cls, tower: ItemTower, snapshot: Snapshot, profile: Profile) -> Watches:
        """Look up the items: the tower's own vectors, else those from their texts, else none."""
        found = [(item, _vector(tower, snapshot, item)) for item in profile.liked[:LAST]]
        known = [(item, vector) for item, vector in found if vector is not None]
        if not known:
            return cls((), np.empty((0, tower.inputs.shape[1]), np.float32), np.empty(0, np.float32))
        newest = known[0][0].at
        ages = age_codes([max(0.0, (newest - item.at).total_seconds()) for item, _ in known])
        acts = np.array([act_code(item.action, item.dwell_s) for item, _ in known], dtype=np.int64)
        items, vectors = zip(*known, strict=True)
        return cls(items, np.stack(vectors), tower.weights(acts, ages))


def _vector(tower: ItemTower, snapshot: Snapshot, item: HistoryItem) -> Floats | None:
    number = tower.numbers.get(item.item_id) if item.kind == "video" else None
    if number is not None:
        return np.asarray(tower.inputs[number])
    if len(tower.text_in) != snapshot.dim:
        return None
    text = snapshot.vectors_of(item.kind, [item.item_id]).get(item.item_id)
    return None if text is None else np.asarray(text @ tower.text_in, dtype=np.float32)


def strongest_watch(name: str, snapshot: Snapshot, profile: Profile, video_id: str) -> HistoryItem | None:
    """Return the liked item that adds most to the score of `video_id` by the tower `name`; None if none adds to it."""
    tower = snapshot.trained.towers.get(name)
    number = tower.numbers.get(video_id) if tower is not None else None
    if tower is None or number is None:
        return None
    watches = Watches.of(tower, snapshot, profile)
    added = watches.weights * (watches.vectors @ tower.outputs[number])
    return watches.items[int(added.argmax())] if added.max(initial=0.0) > 0 else None


class EmbeddingLeg(Leg[TowerScoring]):
    """A trained tower's score for the reader of their newest liked items. Answers nothing without a trained tower."""

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        tower = snapshot.trained.towers.get(self.name)
        self._videos = TowerRows.of(tower, snapshot) if tower is not None else None

    def weigh(self, queries: Sequence[Query]) -> list[TowerScoring | None]:
        """See `Leg`. None for a reader of whose liked items the tower has none."""
        return [self._weigh(query.profile) if query.profile else None for query in queries]

    def best(
        self, scorings: Sequence[TowerScoring], allowed: Sequence[AllowedRows], depths: Sequence[int]
    ) -> list[Ints]:
        """See `Leg`. Adds some rows, because scores are compared in float32."""
        if not scorings:
            return []
        videos = scorings[0].videos
        scores = videos.scores(np.stack([scoring.reader for scoring in scorings]))
        one_by_one = zip(scores, allowed, depths, strict=True)
        return [_best(videos.rows, row, limits.mask, depth) for row, limits, depth in one_by_one]

    def _weigh(self, profile: Profile) -> TowerScoring | None:
        if self._videos is None:
            return None
        watches = Watches.of(self._videos.tower, self.snapshot, profile)
        reader = watches.weights @ watches.vectors
        return TowerScoring(self._videos, reader) if reader.any() else None


def _best(rows: Ints, scores: Floats, mask: Bools | None, depth: int) -> Ints:
    """Return those of `rows` that may be returned and whose `scores` are among the best `depth`, or nearly."""
    allowed = rows >= 0
    if mask is not None:
        allowed[allowed] = mask[rows[allowed]]
    if depth >= np.count_nonzero(allowed):
        return rows[allowed]
    scores[~allowed] = -np.inf
    cut = float(np.partition(scores, len(scores) - depth)[len(scores) - depth])
    return rows[allowed & (scores >= cut - _SLACK * (1 + abs(cut)))]


def _row(snapshot: Snapshot, item_id: str) -> int:
    row = snapshot.row(item_id)
    return _NOT_HERE if row is None else row
