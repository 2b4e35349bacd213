"""Build retrievers over a snapshot: the configured fusion, or one leg by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import ConfigError
from shortlist.retrieval.diversity import Diverse
from shortlist.retrieval.fusion import FALLBACK, FUSIONS
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.affinity import Affinity
from shortlist.retrieval.legs.bm25 import Bm25
from shortlist.retrieval.legs.cowatch import Cowatch
from shortlist.retrieval.legs.dense import Dense
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.legs.popular import Popular
from shortlist.retrieval.legs.tfidf import Tfidf
from shortlist.retrieval.retriever import Retriever

LEGS: Mapping[str, Callable[[Snapshot, RetrievalConfig], Leg[Any]]] = {
    "bm25": Bm25,
    "tfidf": Tfidf,
    "dense": Dense,
    "affinity": Affinity,
    "cowatch": Cowatch,
    "popular": Popular,
}


def build_retriever(snapshot: Snapshot, config: RetrievalConfig) -> Retriever:
    """Return the fusion of all legs with a weight, and with diversity if it is configured.

    Raises `ConfigError` for a weight of an unknown leg.
    """
    tables = (config.weights, config.text_weights)
    names = sorted({FALLBACK} | {name for weights in tables for name, weight in weights.items() if weight > 0})
    fused = FUSIONS[config.fusion](snapshot, {name: build_leg(name, snapshot, config) for name in names}, config)
    return Diverse(fused, snapshot, config.diversity) if config.diversity else fused


def build_leg(name: str, snapshot: Snapshot, config: RetrievalConfig) -> Leg[Any]:
    """Return the leg `name`. Raises `ConfigError` for an unknown name."""
    if name not in LEGS:
        remedy = "correct the name of the leg"
        raise ConfigError("unknown leg", expected=f"one of {', '.join(LEGS)}", found=repr(name), remedy=remedy)
    return LEGS[name](snapshot, config)
