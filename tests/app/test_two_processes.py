"""One process writes content; everyone else goes on, on one revision from first to last."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shortlist.app.settings import load_settings
from shortlist.core.ranking import Request
from shortlist.engine.build import open_home, open_recommender
from shortlist.store.home import Home

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]

# Dies in the middle of an ingest: 20 videos are in the catalogue, and not in Chroma.
WRITER = """
import sys
from pathlib import Path
from shortlist.core.types import Video
from shortlist.store.home import Home
with Home.open(Path(sys.argv[1])) as home, home.writing("ingesting videos"):
    home.catalogue.videos.put([Video(f"new{at}", f"New {at} of the moon") for at in range(20)])
    home.catalogue.videos.remove(["v00"])
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(small_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_home, tmp_path / "home")


@pytest.fixture
def shortlist(here: Callable[..., Any], hashed: Any, home: Path) -> Any:
    """Runs a command on `home`, without a language model."""
    nothing = {"SHORTLIST_LLM__PROVIDER": "ollama", "SHORTLIST_LLM__OLLAMA_URL": "http://127.0.0.1:9"}
    return lambda *words: here(*words, home=home, **nothing)


@pytest.fixture
def writer(home: Path) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home)], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate()


def test_a_second_writer_is_refused_and_all_others_go_on(
    shortlist: Any, tables: Path, writer: subprocess.Popen[str], tmp_path: Path
) -> None:
    for words in (("ingest", "videos", str(tables / "videos.jsonl")), ("doctor", "rebuild")):
        shortlist(*words).says(4, f"process {writer.pid} (ingesting videos)", "wait until it has finished")
    events = tmp_path / "more.csv"
    events.write_text("user_id,item_id,kind,action,at\nann,v02,video,view,2026-11-21T10:00:00Z\n")
    assert "1 new" in shortlist("ingest", "events", str(events)).stdout
    answer = shortlist("recommend", "ann", "-k", "60", "--json").document
    found = [item["video_id"] for item in answer["recommendations"]]
    assert len(found) >= 50
    assert not any(item.startswith("new") or item == "v00" for item in found)
    assert [note["code"] for note in answer["notes"]] == ["index-behind", "few-results"]
    assert answer["notes"][0]["message"].startswith("21 changed items")
    assert shortlist("search", "moon", "-k", "3", "--json").document["hits"]
    assert shortlist("chat", "recommend for ann", "--json").document["recommendations"]
    assert shortlist("status", "--json").document["pending"] == 21
    states = {one["name"]: one["state"] for one in json.loads(shortlist("doctor", "--json").stdout)["checks"]}
    assert (states["home"], states["documents"], states["indexes"]) == ("warning", "warning", "warning")


def test_what_a_dead_writer_left_is_finished_by_the_next_writer(
    shortlist: Any, tables: Path, writer: subprocess.Popen[str], hashed: Any
) -> None:
    writer.kill()
    writer.wait()
    before = len(hashed.texts)
    answer = shortlist("recommend", "ann", "-k", "100", "--json").document
    assert not any(item["video_id"].startswith("new") for item in answer["recommendations"])
    assert any("21 changed items are not searchable yet" in str(note) for note in answer["notes"])
    assert len(hashed.texts) == before
    assert shortlist("ingest", "articles", str(tables / "articles.jsonl")).returncode == 0
    answer = shortlist("recommend", "ann", "-k", "100", "--json").document
    found = {item["video_id"] for item in answer["recommendations"]}
    assert {f"new{at}" for at in range(20)} < found
    assert "v00" not in found
    assert not any("searchable" in str(note) for note in answer["notes"])
    assert shortlist("status", "--json").document["pending"] == 0


class Interrupting:
    """A retriever during whose search another writer changes everything."""

    def __init__(self, retriever: Any, change: Callable[[], None]) -> None:
        self._retriever = retriever
        self._change = change

    def search_many(self, queries: Any) -> Any:
        found = self._retriever.search_many(queries)
        self._change()
        return found


def test_an_answer_is_of_one_revision(home: Path, hashed: Any) -> None:
    config = load_settings(None, {}, {"home": home, "encoder": {"name": "hash-32"}})
    with open_home(config) as reader, Home.open(home) as other:
        recommender = open_recommender(reader, config)
        before = recommender.recommend(Request("ann", k=60))
        videos = [replace(video, title=f"{video.title}, changed") for _, video in reader.catalogue.videos.iterate()]

        def change() -> None:
            with other.writing():
                other.catalogue.videos.put(videos)
                other.catalogue.videos.remove(["v02", "v03"])

        recommender._retriever = Interrupting(recommender._retriever, change)
        during = recommender.recommend(Request("ann", k=60))
        assert [item.video for item in during.recommendations] == [item.video for item in before.recommendations]
        recommender._retriever = recommender._retriever._retriever  # type: ignore[attr-defined]
        after = recommender.recommend(Request("ann", k=60))  # still the old index, and the new records
        assert {"v02", "v03"}.isdisjoint(item.video.id for item in after.recommendations)
        assert all(item.video.title.endswith("changed") for item in after.recommendations)
