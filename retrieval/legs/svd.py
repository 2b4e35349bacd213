"""svd: the videos that follow those that the reader watched lately, also where nobody has watched both."""

from __future__ import annotations

from typing import ClassVar

from shortlist.core.legs import LEGS, OF_READERS, LegSpec
from shortlist.retrieval.legs.tower_leg import EmbeddingLeg


class Svd(EmbeddingLeg):
    """The PPMI-SVD of the co-watch links: see `learning.towers.svd`.

    Factors of the links fill in pairs of videos that share neighbours. Videos newer than the training have no score.
    """

    name: ClassVar[str] = "svd"


def register() -> None:
    """Add the leg."""
    LEGS.add(Svd.name, LegSpec(Svd, weight=0.3, ranker_depth=120, kinds=OF_READERS, trained=True))
