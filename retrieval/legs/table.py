"""The table of legs: a new one is a file in this folder and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shortlist.core.config import RetrievalConfig
from shortlist.retrieval.legs.affinity import Affinity
from shortlist.retrieval.legs.bm25 import Bm25
from shortlist.retrieval.legs.cowatch import Cowatch
from shortlist.retrieval.legs.dense import Dense
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.legs.popular import Popular
from shortlist.retrieval.legs.tfidf import Tfidf
from shortlist.retrieval.snapshot import Snapshot

LEGS: Mapping[str, Callable[[Snapshot, RetrievalConfig], Leg[Any]]] = {
    "bm25": Bm25,
    "tfidf": Tfidf,
    "dense": Dense,
    "affinity": Affinity,
    "cowatch": Cowatch,
    "popular": Popular,
}
