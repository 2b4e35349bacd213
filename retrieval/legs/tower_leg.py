"""Base of the legs with a trained tower: svd and tower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.core.types import HistoryItem, Profile
from shortlist.models.towers.item_tower import LAST, ItemTower, act_code
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.legs.tower_rows import TowerRows, TowerScoring
from shortlist.retrieval.vectors.arrays import Floats, Ints


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
        age_s = np.array([max(0.0, (newest - item.at).total_seconds()) for item, _ in known])
        acts = np.array([act_code(item.action, item.dwell_s) for item, _ in known], dtype=np.int64)
        items, vectors = zip(*known, strict=True)
        return cls(items, np.stack(vectors), tower.weights(acts, age_s))


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
        readers = np.stack([scoring.reader for scoring in scorings])
        return scorings[0].videos.best(readers, [limits.mask for limits in allowed], depths)

    def _weigh(self, profile: Profile) -> TowerScoring | None:
        if self._videos is None:
            return None
        watches = Watches.of(self._videos.tower, self.snapshot, profile)
        reader = watches.weights @ watches.vectors
        return TowerScoring(self._videos, reader) if reader.any() else None
