"""Build retrievers over a snapshot: the configured fusion, or one leg by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shortlist.core.config import RetrievalConfig
from shortlist.core.legs import LEGS
from shortlist.retrieval.diversity import Diverse
from shortlist.retrieval.fusion import FALLBACK, Fusion, ReciprocalRanks, WeightedMean
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.learned_fusion.fusion import LearnedFusion
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.retriever import Retriever

FUSIONS: Mapping[str, type[Fusion]] = {
    "weighted": WeightedMean,
    "rrf": ReciprocalRanks,
    "learned": LearnedFusion,
}


def build_retriever(snapshot: Snapshot, config: RetrievalConfig) -> Retriever:
    """Return the fusion of all legs with a weight, and with diversity if it is configured.

    Raises `ConfigError` for a weight of an unknown leg.
    """
    fused = build_fusion(snapshot, config)
    return Diverse(fused, snapshot, config.diversity) if config.diversity else fused


def build_fusion(snapshot: Snapshot, config: RetrievalConfig) -> Fusion:
    """Return the configured fusion over the legs that it asks. Raises as `build_retriever`."""
    tables = (snapshot.trained.weights or config.weights, config.text_weights)
    names = {FALLBACK} | {name for weights in tables for name, weight in weights.items() if weight > 0}
    if config.fusion == "learned" and snapshot.trained.ranker is not None:
        names |= snapshot.trained.ranker.depths.keys()
    legs = {name: build_leg(name, snapshot, config) for name in sorted(names)}
    return FUSIONS[config.fusion](snapshot, legs, config)


def build_leg(name: str, snapshot: Snapshot, config: RetrievalConfig) -> Leg[Any]:
    """Return the leg `name`. Raises `ConfigError` for an unknown name."""
    leg: Leg[Any] = LEGS[name].build(snapshot, config)
    return leg
