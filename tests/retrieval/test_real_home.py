"""Indexing and searching over the real catalogue and the real Chroma."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.config import RetrievalConfig
from core.errors import HomeLocked
from core.ranking import FloatArray, Query
from core.types import Article, Enrichment, Event, Made, Video
from retrieval.build import build_retriever
from retrieval.loading import load_snapshot
from store.home import Home
from store.outbox import deliver

NOW = datetime(2026, 5, 1, tzinfo=UTC)


class LetterEncoder:
    """Counts letters: texts of the same letters are near each other."""

    name = "letters"
    dim = 26

    def encode(self, texts: Sequence[str]) -> FloatArray:
        counts = np.array([[text.lower().count(chr(97 + at)) for at in range(26)] for text in texts], dtype=np.float32)
        counts += 1e-3
        return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def home(tmp_path: Path) -> Any:
    with Home.open(tmp_path / "home", LetterEncoder.name) as opened:
        yield opened


def put(home: Home, *items: Video | Article) -> None:
    with home.writing():
        home.catalogue.put_videos([item for item in items if isinstance(item, Video)])
        home.catalogue.put_articles([item for item in items if isinstance(item, Article)])
    deliver(home, LetterEncoder)


def search(home: Home, text: str) -> tuple[str, ...]:
    query = Query(k=5, text=text, vectors=LetterEncoder().encode([text]), vector_weights=np.ones(1, dtype=np.float32))
    return build_retriever(load_snapshot(home), RetrievalConfig()).search(query).ids


def test_from_the_catalogue_through_chroma_to_the_answer(home: Home) -> None:
    told = Enrichment(summary=Made("Kneading dough", "model"))
    put(
        home,
        Video("bread", "Bread in ten minutes", enrichment=told),
        Video("moon", "To the moon"),
        Article("a", "News"),
    )
    assert search(home, "kneading")[0] == "bread"
    assert search(home, "moons")[0] == "moon"
    assert set(load_snapshot(home).vectors_of("video", ["a", "moon"])) == {"moon"}
    put(home, Video("moon", "Jazz guitar"), Video("tax", "Filing a tax return"))
    assert search(home, "guitar")[0] == "moon"
    with home.writing():
        home.catalogue.remove_videos(["bread"])
    deliver(home, LetterEncoder)
    assert set(search(home, "bread")) == {"moon", "tax"}


def test_what_is_liked_is_popular(home: Home) -> None:
    put(home, Video("a", "One"), Video("b", "Two"))
    home.catalogue.add_events([Event("u", "b", "video", "like", NOW)])
    assert build_retriever(load_snapshot(home), RetrievalConfig()).search(Query(k=2)).ids == ("b", "a")


def test_while_an_ingest_writes_readers_have_the_last_complete_index(home: Home) -> None:
    put(home, Video("a", "One"))
    load_snapshot(home)
    put(home, Video("b", "Two"))
    with Home.open(home.path) as other, other.writing():
        snapshot = load_snapshot(home)
    assert snapshot.live_ids() == ["a"]
    assert "1 changed item" in snapshot.notes[0]
    assert load_snapshot(home).live_ids() == ["a", "b"]


def test_the_first_ingest_is_waited_for(home: Home) -> None:
    put(home, Video("a", "One"))
    with Home.open(home.path) as other, other.writing(), pytest.raises(HomeLocked):
        load_snapshot(home)
