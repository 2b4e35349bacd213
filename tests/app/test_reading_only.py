"""Commands that only read: they encode nothing, open no Chroma, and say what is not searchable yet."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.types import Video
from shortlist.store.home import Home

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]

READER = """
import sys
from pathlib import Path
from shortlist.engine.build import open_home, open_recommender
from shortlist.app.settings import load_settings
from shortlist.core.ranking import Request

HEAVY = {"chromadb", "httpx", "mcp", "onnxruntime", "polars", "py3langid", "sklearn", "torch"}
for path in map(Path, sys.argv[1:]):
    config = load_settings(None, {}, {"home": path, "encoder": {"name": "hash-32"}})
    with open_home(config) as home:
        answer = open_recommender(home, config, encoder=lambda: 1 / 0).recommend(Request("ann", 5, rerank="none"))
    print(path.name, len(answer.recommendations), *sorted(HEAVY & sys.modules.keys()))
"""


@pytest.fixture
def home(small_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_home, tmp_path / "home")


@pytest.fixture
def shortlist(here: Callable[..., Any], hashed: Any, home: Path) -> Callable[..., Any]:
    """Runs a command on `home`, without a language model."""
    nothing = {"SHORTLIST_LLM__PROVIDER": "ollama", "SHORTLIST_LLM__OLLAMA_URL": "http://127.0.0.1:9"}
    return lambda *words: here(*words, home=home, **nothing)


def recommend(shortlist: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """The ids and the notes of an answer."""
    answer = shortlist("recommend", "ann", "-k", "5", "--json").document
    return [item["video_id"] for item in answer["recommendations"]], [str(note) for note in answer["notes"]]


def test_recommend_loads_neither_the_encoder_nor_chroma(home: Path, tmp_path: Path) -> None:
    interrupted = shutil.copytree(home, tmp_path / "interrupted")
    with Home.open(interrupted) as store, store.writing():
        store.catalogue.videos.put([Video("new", "Not encoded")])
    bare = shutil.copytree(home, tmp_path / "bare")
    shutil.rmtree(bare / "chroma")
    done = subprocess.run(
        [sys.executable, "-c", READER, home, interrupted, bare], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == ("home 5\ninterrupted 5\nbare 5\n", 0), done.stderr


def test_lost_embeddings_cost_a_reader_nothing(shortlist: Callable[..., Any], home: Path, hashed: Any) -> None:
    before = recommend(shortlist)
    (home / "vectors.sqlite3").unlink()
    assert recommend(shortlist) == before
    assert hashed.texts == []


def test_without_index_and_embeddings_a_note_says_what_waits_and_a_writer_encodes(
    shortlist: Callable[..., Any], home: Path, hashed: Any, tables: Path
) -> None:
    before, _ = recommend(shortlist)
    (home / "vectors.sqlite3").unlink()
    shutil.rmtree(home / "indexes")
    found, notes = recommend(shortlist)
    assert found == []
    assert any("61 changed items are not searchable yet" in note for note in notes)
    assert hashed.texts == []
    assert shortlist("ingest", "articles", str(tables / "articles.jsonl")).returncode == 0
    assert recommend(shortlist)[0] == before


def test_a_starting_server_finishes_what_an_ingest_left(home: Path, hashed: Any) -> None:
    from shortlist.app.server_context import build_context
    from shortlist.app.settings import load_settings
    from shortlist.engine.build import open_home
    from shortlist.store.outbox import pending

    config = load_settings(None, {}, {"home": home, "encoder": {"name": "hash-32"}})
    with open_home(config) as store:
        with store.writing():
            store.catalogue.videos.put([Video("new", "A new video")])
        snapshot = build_context(store, config).engine.recommender().snapshot
        assert "new" in snapshot.live_ids()
        assert snapshot.notes == ()
        assert pending(store) == 0
        assert store.documents.count() == 62 + 60
