"""Build retrievers over a snapshot: the configured fusion, or one leg by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import ConfigError
from shortlist.retrieval.diversity import Diverse
from shortlist.retrieval.fusion import FALLBACK, Fusion, ReciprocalRanks, WeightedMean
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.learned_fusion.fusion import LearnedFusion
from shortlist.retrieval.legs.affinity import Affinity
from shortlist.retrieval.legs.bm25 import Bm25
from shortlist.retrieval.legs.clicks import Clicks
from shortlist.retrieval.legs.cowatch import Cowatch
from shortlist.retrieval.legs.dense import Dense
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.legs.popular import Popular
from shortlist.retrieval.legs.svd import Svd
from shortlist.retrieval.legs.tfidf import Tfidf
from shortlist.retrieval.legs.tower import Tower
from shortlist.retrieval.retriever import Retriever

LEGS: Mapping[str, Callable[[Snapshot, RetrievalConfig], Leg[Any]]] = {
    "bm25": Bm25,
    "tfidf": Tfidf,
    "dense": Dense,
    "affinity": Affinity,
    "cowatch": Cowatch,
    "popular": Popular,
    "svd": Svd,
    "tower": Tower,
    "clicks": Clicks,
}
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
    if name not in LEGS:
        remedy = "correct the name of the leg"
        raise ConfigError("unknown leg", expected=f"one of {', '.join(LEGS)}", found=repr(name), remedy=remedy)
    return LEGS[name](snapshot, config)
