"""tower: the videos that a trained network expects next, after those that the reader watched lately."""

from __future__ import annotations

from typing import ClassVar

from shortlist.core.legs import LEGS, OF_READERS, LegSpec
from shortlist.retrieval.legs.tower_leg import EmbeddingLeg


class Tower(EmbeddingLeg):
    """The score of a two-tower network trained on readers' sequences: see `learning.towers.train`.

    The reader's tower is a weighted sum of what they liked lately, the item's tower a vector and a bias. A video newer
    than the training gets its vector from its text.
    """

    name: ClassVar[str] = "tower"


def register() -> None:
    """Add the leg."""
    LEGS.add(Tower.name, LegSpec(Tower, weight=1.0, ranker_depth=150, kinds=OF_READERS, trained=True))
