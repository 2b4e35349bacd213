"""The table of legs: a new one is a file in this folder and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.config import RetrievalConfig
from retrieval.legs.affinity import Affinity
from retrieval.legs.bm25 import Bm25
from retrieval.legs.cowatch import Cowatch
from retrieval.legs.dense import Dense
from retrieval.legs.leg import Leg
from retrieval.legs.popular import Popular
from retrieval.legs.tfidf import Tfidf
from retrieval.snapshot import Snapshot

LEGS: Mapping[str, Callable[[Snapshot, RetrievalConfig], Leg[Any]]] = {
    "bm25": Bm25,
    "tfidf": Tfidf,
    "dense": Dense,
    "affinity": Affinity,
    "cowatch": Cowatch,
    "popular": Popular,
}
