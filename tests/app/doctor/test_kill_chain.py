"""Killed anywhere between a file and its indexes: readers go on, and the next write repairs everything."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from shortlist.app.doctor import home_checks
from shortlist.app.settings import load_settings
from shortlist.core.types import Video
from shortlist.engine.build import open_home, open_recommender, repair
from shortlist.retrieval.build import build_leg
from shortlist.retrieval.index.indexer import item_vectors, load_snapshot
from shortlist.store.documents.document import summary_text, transcript_text, video_documents
from shortlist.store.home import Home

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[3]
VIDEOS, ARTICLES = 90, 20

# Forks one process a line of stdin, so that a run costs no start of Python. Each runs commands until it is killed:
# ingest, ingest of a later version (which replaces, and so compacts), rebuild.
NURSERY = """
import os, signal, sys
sys.path.insert(0, "tests")
from conftest import HashEncoder
from shortlist.models.encoders.loader import register_encoder
register_encoder("hash-32", lambda _: HashEncoder())
from shortlist.app.cli.main import run
import shortlist.app.rebuild, chromadb, chromadb.api.client, shortlist.ingest.load, shortlist.retrieval.index.indexer

def command(*words):
    print("begin", words[0], words[-1], flush=True)
    try:
        run(words)
    except SystemExit as end:
        assert not end.code, end.code

for line in sys.stdin:
    home, sources, first = line.split()
    child = os.fork()
    if not child:
        os.environ["SHORTLIST_HOME"] = home
        version = int(first)
        while os.path.exists(f"{sources}/videos.{version}.jsonl"):
            command("ingest", "videos", f"{sources}/videos.{version}.jsonl")
            command("ingest", "articles", f"{sources}/articles.{version}.jsonl")
            if version % 3 == 0:
                command("doctor", "rebuild")
            version += 1
        signal.pause()
    print("child", child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
VERSIONS = 12


def write_sources(folder: Path) -> None:
    """Each version of the files says its number everywhere; later ones replace, leave out and add videos."""
    for version in range(VERSIONS):
        rows = [video_row(number, version) for number in numbers(version)]
        (folder / f"videos.{version}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        texts = [{"id": f"a{one}", "title": f"Article {one}", "body": f"edition {version}"} for one in range(ARTICLES)]
        (folder / f"articles.{version}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in texts))


def numbers(version: int) -> range:
    return range(version * 5, VIDEOS + version * 5)


def video_row(number: int, version: int) -> dict[str, Any]:
    said = [{"start": part, "end": part + 1, "text": f"v{number} edition {version} part {part}"} for part in range(4)]
    row = {"id": f"v{number}", "title": f"Video {number}", "transcript": said, "category": f"c{version}"}
    return row | ({"summary": f"summary {version}"} if version % 2 else {"summary": "", "tags": [f"t{version}"]})


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    write_sources(folder)
    return folder


@pytest.fixture(scope="module")
def nursery() -> Iterator[subprocess.Popen[str]]:
    environ = {
        "PATH": os.defpath, "HOME": str(Path.home()),
        "SHORTLIST_ENCODER__NAME": "hash-32", "SHORTLIST_INGEST__BATCH": "20",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", NURSERY], cwd=ROOT, env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield process
    process.kill()
    process.communicate()


def kill_somewhere(nursery: subprocess.Popen[str], chance: random.Random, home: Path, sources: Path) -> int | None:
    """Start the chain at some version and kill it somewhere; the last version whose videos were all acknowledged."""
    commands, delay = chance.randrange(1, 6), chance.uniform(0, 0.6)
    told, ask = _pipes(nursery)
    ask.write(f"{home} {sources} {chance.randrange(VERSIONS - 4)}\n")
    ask.flush()
    child, done = 0, None
    while commands or not child:
        words = told.readline().split()
        if words[0] == "child":
            child = int(words[1])
            continue
        commands -= 1
        if "articles" in words[-1]:
            done = int(words[-1].split(".")[-2])
    time.sleep(delay)  # a moment inside of the command
    os.kill(child, signal.SIGKILL)
    while told.readline() != "ended\n":
        pass
    return done


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdout is not None
    assert process.stdin is not None
    return process.stdout, process.stdin


def edition(video: Video) -> int:
    return int((video.category or "")[1:])


def check_whole(video: Video) -> None:
    number = edition(video)
    said = [segment.text for segment in video.transcript.segments]
    assert said == [f"{video.id} edition {number} part {part}" for part in range(4)]
    if number % 2:  # given none, so they are made of its own words
        assert video.enrichment.tags_made_by == "keywords"
    else:
        assert video.enrichment.tags == (f"t{number}",)
    if number % 2:
        assert video.summary == f"summary {number}"


def check_agreement(home: Home, config: Any, encoder: Any) -> None:
    """The catalogue, Chroma and the indexes hold the same, record by record."""
    for look in (
        home_checks.catalogue,
        home_checks.caches,
        home_checks.documents,
        home_checks.indexes,
        home_checks.self_retrieval,
    ):
        finding = look(home, config)
        assert finding.state == "ok", f"{look.__name__}: {finding.found}"
    videos = [video for _, video in home.catalogue.videos.iterate()]
    if not videos:
        return
    texts = {f"transcript:{video.id}": transcript_text(video) for video in videos}
    texts |= {f"summary:{video.id}": text for video in videos if (text := summary_text(video)) is not None}
    articles = {f"article:{one.id}" for _, one in home.catalogue.articles.iterate()}
    assert home.documents.ids() == sorted({*texts, *articles})
    with home.writing():
        for one, vector in home.documents.vectors("transcript", [video.id for video in videos]).items():
            np.testing.assert_allclose(vector, encoder.encode([texts[f"transcript:{one}"]])[0], atol=1e-6)
    expected = item_vectors(home, [video_documents(video, 1) for video in videos])
    snapshot = load_snapshot(home)
    held = snapshot.vectors_of("video", [video.id for video in videos])
    for video, vector in zip(videos, expected, strict=True):
        np.testing.assert_allclose(held[video.id], vector, atol=1e-6)
    check_words(videos, snapshot, config)


def check_reading(home: Home, config: Any) -> None:
    """A command that reads answers from one revision, and says what is not in it. It encodes nothing."""
    snapshot = open_recommender(home, config, encoder=lambda: 1 / 0).snapshot
    behind = home.catalogue.changed_since(snapshot.revision)
    assert len(snapshot.notes) == (behind > 0)
    known = set(home.catalogue.videos.ids())
    assert set(snapshot.live_ids()) <= known
    if not behind:
        assert set(snapshot.live_ids()) == known


def check_words(videos: list[Video], snapshot: Any, config: Any) -> None:
    from shortlist.core.ranking import Query

    leg = build_leg("bm25", snapshot, config.retrieval)
    for video in videos[:: max(1, len(videos) // 10)]:
        assert leg.search(Query(k=5, text=f"{video.id} {video.category}")).ids[0] == video.id


def run(seed: int, kills: int, home: Path, nursery: subprocess.Popen[str], sources: Path, encoder: Any) -> None:
    chance = random.Random(seed)
    acknowledged = [kill_somewhere(nursery, chance, home, sources) for _ in range(kills)][-1]
    config = load_settings(None, {}, {"home": home, "encoder": {"name": "hash-32"}})
    with open_home(config, create=True) as store:
        videos = {video.id: video for _, video in store.catalogue.videos.iterate()}
        for video in videos.values():
            check_whole(video)
        if acknowledged is not None:
            assert all(edition(videos[f"v{number}"]) >= acknowledged for number in numbers(acknowledged))
        check_reading(store, config)
        repair(store, config, lambda: encoder)  # what any command that writes does last, and a server first
        check_agreement(store, config, encoder)


Run = Callable[..., None]


@pytest.mark.parametrize("seed", range(5))
def test_killed_anywhere_in_the_chain(
    seed: int, tmp_path: Path, nursery: subprocess.Popen[str], sources: Path, hashed: Any
) -> None:
    run(seed, 1 + (seed == 0), tmp_path / "home", nursery, sources, hashed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5, 65))
def test_killed_anywhere_in_the_chain_many_times(
    seed: int, tmp_path: Path, nursery: subprocess.Popen[str], sources: Path, hashed: Any
) -> None:
    run(seed, 1 + seed % 3, tmp_path / "home", nursery, sources, hashed)
