"""Indexing and searching over the real catalogue and its embeddings."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.config import Config, RetrievalConfig
from shortlist.core.errors import HomeLocked
from shortlist.core.ranking import FloatArray, Query
from shortlist.core.types import Article, Attributed, Enrichment, Event, Video
from shortlist.engine.build import repair
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.cowatch_counts import FADING, UNIT
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.documents.document import transcript_text
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

pytestmark = pytest.mark.integration

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
        home.catalogue.videos.put([item for item in items if isinstance(item, Video)])
        home.catalogue.articles.put([item for item in items if isinstance(item, Article)])
    deliver(home, LetterEncoder)


def search(home: Home, text: str) -> tuple[str, ...]:
    query = Query(k=5, text=text, vectors=LetterEncoder().encode([text]), vector_weights=np.ones(1, dtype=np.float32))
    return build_retriever(load_snapshot(home), RetrievalConfig()).search(query).ids


def test_from_the_catalogue_to_the_answer(home: Home) -> None:
    told = Enrichment(summary=Attributed("Kneading dough", "model"))
    put(
        home,
        Video("bread", "Bread in ten minutes", enrichment=told),
        Video("moon", "To the moon"),
        Article("a", "News"),
    )
    assert search(home, "kneading")[0] == "bread"
    assert search(home, "moons")[0] == "moon"
    assert set(load_snapshot(home).vectors_of("video", ["lost", "moon"])) == {"moon"}
    put(home, Video("moon", "Jazz guitar"), Video("tax", "Filing a tax return"))
    assert search(home, "guitar")[0] == "moon"
    with home.writing():
        home.catalogue.videos.remove(["bread"])
    deliver(home, LetterEncoder)
    assert set(search(home, "bread")) == {"moon", "tax"}


def test_what_is_liked_is_popular(home: Home) -> None:
    put(home, Video("a", "One"), Video("b", "Two"))
    home.catalogue.events.add([Event("u", "b", "video", "like", NOW)])
    assert build_retriever(load_snapshot(home), RetrievalConfig()).search(Query(k=2)).ids == ("b", "a")


def test_while_an_ingest_writes_readers_have_the_last_complete_index(home: Home) -> None:
    put(home, Video("a", "One"))
    load_snapshot(home)
    put(home, Video("b", "Two"))
    with Home.open(home.path) as other, other.writing():
        snapshot = load_snapshot(home)
    assert snapshot.live_ids() == ["a"]
    assert (snapshot.notes[0].code, snapshot.notes[0].public[:9]) == ("index-behind", "1 changed")
    assert load_snapshot(home).live_ids() == ["a", "b"]


def test_the_first_ingest_is_waited_for(home: Home) -> None:
    put(home, Video("a", "One"))
    with Home.open(home.path) as other, other.writing(), pytest.raises(HomeLocked):
        load_snapshot(home)


@pytest.fixture
def put_back(home: Home, tmp_path: Path) -> Any:
    """The home with its catalogue as of a backup made when there were `a` and `b`; everything else knows more."""
    put(home, Video("a", "Bread"), Video("b", "The moon"))
    load_snapshot(home)
    home._database.copy_to(tmp_path / "backup.sqlite3")
    put(home, Video("lost", "A lost train"), Video("b", "Jazz guitar"))
    with home.writing():
        home.catalogue.videos.remove(["a"])
    deliver(home, LetterEncoder)
    load_snapshot(home)
    home.close()
    for rest in home.path.glob("catalogue.sqlite3-*"):
        rest.unlink()
    shutil.copy(tmp_path / "backup.sqlite3", home.path / "catalogue.sqlite3")
    with Home.open(home.path) as opened:
        yield opened


def of_the_catalogue(home: Home) -> bool:
    """Return True if the index has the videos of the catalogue, each with the vector of its own words."""
    held = load_snapshot(home).vectors_of("video", [*home.catalogue.videos.ids(), "lost"])
    texts = {video.id: transcript_text(video) for _, video in home.catalogue.videos.iterate()}
    encoded = dict(zip(texts, LetterEncoder().encode(list(texts.values())), strict=True))
    return held.keys() == texts.keys() and all(np.allclose(held[one], encoded[one], atol=1e-3) for one in texts)


def test_after_a_backup_is_restored_the_index_and_chroma_follow_it(put_back: Home) -> None:
    assert of_the_catalogue(put_back)  # a reader rebuilds the index from cached embeddings
    repair(put_back, Config(), lambda: 1 / 0)
    assert of_the_catalogue(put_back)
    assert put_back.documents.ids() == ["transcript:a", "transcript:b"]
    assert put_back.documents.get_metadata(["transcript:b"])["transcript:b"]["title"] == "The moon"


@pytest.mark.parametrize("ingests", range(1, 5))
def test_revisions_given_out_again_after_a_backup_are_not_taken_for_the_lost_ones(put_back: Home, ingests: int) -> None:
    for number in range(ingests):
        put(put_back, Video(f"c{number}", f"Sailing {number}"))
    assert of_the_catalogue(put_back)
    put(put_back, Video("d", "Rivers"))
    assert of_the_catalogue(put_back)
    assert search(put_back, "rivers")[0] == "d"


def test_other_events_under_the_numbers_of_lost_ones_are_counted(home: Home, tmp_path: Path) -> None:
    def watch(user: str, *items: str) -> None:
        at = NOW + timedelta(minutes=home.catalogue.events.last_number())
        home.catalogue.events.add(
            [Event(user, item, "video", "view", at + timedelta(minutes=n)) for n, item in enumerate(items)]
        )

    watch("ann", "a", "b")
    load_snapshot(home)
    home._database.copy_to(tmp_path / "backup.sqlite3")
    watch("bob", "c", "d", "e")
    load_snapshot(home)
    home.close()
    for rest in home.path.glob("catalogue.sqlite3-*"):
        rest.unlink()
    shutil.copy(tmp_path / "backup.sqlite3", home.path / "catalogue.sqlite3")
    watch("eve", "x", "y", "z")
    assert set(load_snapshot(home).links.ids) == {"a", "b", "x", "y", "z"}
    watch("eve", "w")
    assert set(load_snapshot(home).links.ids) == {"a", "b", "w", "x", "y", "z"}


@pytest.mark.parametrize("number", [0, 2, 3], ids=["the first", "one in between", "the newest, whose number is reused"])
def test_links_and_popularity_follow_a_removal_of_events(home: Home, number: int) -> None:
    watched = [Event("ann", item, "video", "view", NOW + timedelta(minutes=at)) for at, item in enumerate("abcd")]
    home.catalogue.events.add(watched)
    assert set(load_snapshot(home).links.ids) == set("abcd")
    home.catalogue.events.remove([watched[number].event_id])
    home.catalogue.events.add([Event("bob", "e", "video", "like", NOW)])
    fresh = load_snapshot(home)
    assert fresh.popular.keys() == set(fresh.links.ids) == set("abcde") - {watched[number].item_id}
    assert fresh.links.forward.sum() == 2 * UNIT + round(UNIT * 2**-FADING)  # of the three that ann still watched
    assert fresh.links.counted == home.catalogue.events.last_number()
