"""svd: the videos that follow those that the reader watched lately, also where nobody has watched both."""

from __future__ import annotations

from typing import ClassVar

from shortlist.retrieval.legs.tower_leg import EmbeddingLeg


class Svd(EmbeddingLeg):
    """The PPMI-SVD of the co-watch links: see `learning.towers.svd`.

    Factors of the links fill in pairs of videos that share neighbours. Videos newer than the training have no score.
    """

    name: ClassVar[str] = "svd"
