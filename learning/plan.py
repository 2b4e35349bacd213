"""The trainings that can be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Model = Literal["svd", "tower", "hierarchical", "triplet", "ranker", "all"]
MODELS: tuple[Model, ...] = ("svd", "tower", "hierarchical", "triplet", "ranker", "all")


@dataclass(frozen=True, slots=True)
class Plan:
    """Which models to train: the network behind the leg `tower`, the SVD, and the ranker over all legs.

    `signals` False leaves dwell time, likes and age out. `readers` is the most readers whose last act is hidden.
    """

    tower: Literal["none", "tower", "hierarchical", "triplet"] = "tower"
    svd: bool = True
    ranker: bool = True
    signals: bool = True
    readers: int = 12_000
    seed: int = 0

    @classmethod
    def of(cls, model: Model, seed: int = 0) -> Plan:
        """Return the plan for `model`. A ranker needs the towers below it, so `ranker` is the same as `all`."""
        if model == "ranker" or model == "all":
            return cls(seed=seed)
        if model == "svd":
            return cls("none", ranker=False, seed=seed)
        return cls(model, svd=False, ranker=False, seed=seed)
