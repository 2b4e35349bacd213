"""The trainings that can be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Model = Literal["svd", "tower", "hierarchical", "triplet", "ranker", "lambdamart"]
MODELS: tuple[Model, ...] = ("svd", "tower", "hierarchical", "triplet", "ranker", "lambdamart")


@dataclass(frozen=True, slots=True)
class Plan:
    """Which models to train: the network behind the leg `tower`, the SVD, and the ranker over all legs.

    `signals` lets dwell time, likes and the age of a watch weigh it in the tower. `readers` is the most readers whose
    last act is hidden.
    """

    tower: Literal["none", "tower", "hierarchical", "triplet"] = "tower"
    svd: bool = True
    ranker: Literal["none", "logistic", "lambdamart"] = "logistic"
    signals: bool = False
    readers: int = 12_000
    seed: int = 0

    @classmethod
    def of(cls, model: Model, seed: int = 0) -> Plan:
        """Return the plan for `model`. A ranker needs the towers below it, so both are trained."""
        if model == "ranker":
            return cls(seed=seed)
        if model == "lambdamart":
            return cls(ranker="lambdamart", seed=seed)
        if model == "svd":
            return cls("none", ranker="none", seed=seed)
        return cls(model, svd=False, ranker="none", seed=seed)
