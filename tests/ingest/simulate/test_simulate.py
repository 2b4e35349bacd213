"""SimulationResult readers: the same seed gives the same events, and the events show the taste they were made from."""

from __future__ import annotations

import itertools
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.errors import HomeDamaged, UsageError
from shortlist.core.types import Event
from shortlist.ingest.load import load_articles, load_videos
from shortlist.ingest.simulate.simulate import SimulationResult, simulate
from shortlist.ingest.simulate.tastes import Tastes
from shortlist.store.home import Home

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
SAMPLE = Path(__file__).parents[3] / "sample"


@pytest.fixture(scope="module")
def sample_content(tmp_path_factory: pytest.TempPathFactory, new_word_encoder: Callable[[], Any]) -> Path:
    """A home that holds the videos and articles of the sample. Copy it before you change it."""
    path, encoder = tmp_path_factory.mktemp("simulate") / "home", new_word_encoder()
    with Home.open(path, encoder.name) as home:
        load_articles(home, SAMPLE / "articles.csv", lambda: encoder, IngestConfig())
        load_videos(home, SAMPLE / "videos.jsonl", lambda: encoder, IngestConfig())
    return path


@pytest.fixture
def sample_home(tmp_path: Path, sample_content: Path) -> Iterator[Callable[[str], Home]]:
    """Opens a copy of it."""
    opened = []

    def make(name: str) -> Home:
        opened.append(Home.open(shutil.copytree(sample_content, tmp_path / name)))
        return opened[-1]

    yield make
    for home in opened:
        home.close()


def events_of(home: Home) -> list[Event]:
    return [event for _, event in home.catalogue.events.iterate()]


def test_one_seed_and_catalogue_give_the_same_readers(sample_home: Callable[[str], Home]) -> None:
    one, two, other = sample_home("one"), sample_home("two"), sample_home("other")
    for home, seed in ((one, 1), (two, 1), (other, 2)):
        simulate(home, 30, seed, NOW)
    assert events_of(one) == events_of(two)
    assert {event.event_id for event in events_of(one)} != {event.event_id for event in events_of(other)}


def test_again_adds_nothing_and_more_readers_only_add(sample_home: Callable[[str], Home]) -> None:
    home = sample_home("home")
    done: list[int] = []
    first = simulate(home, 70, 1, NOW, done.append)
    assert done == [64, 6]
    assert first == SimulationResult(70, home.catalogue.counts().events, home.path / "simulated.npz")
    assert simulate(home, 20, 1, NOW + timedelta(days=3)) == SimulationResult(70, 0, first.tastes)
    more = simulate(home, 80, 1, NOW)
    assert more.readers == 80
    assert more.events == home.catalogue.counts().events - first.events > 0
    assert list(home.catalogue.readers.ids()) == [f"sim_{i:05d}" for i in range(1, 81)]
    with pytest.raises(UsageError, match=r"expected seed 1 .* found seed 2"):
        simulate(home, 80, 2, NOW)


def test_events_are_plausible(sample_home: Callable[[str], Home]) -> None:
    home = sample_home("home")
    simulate(home, 40, 3, NOW)
    events = events_of(home)
    assert max(event.at for event in events) < NOW
    assert min(event.at for event in events) > NOW - timedelta(days=43)
    assert {event.action for event in events} == {"impression", "click", "view", "like", "skip"}
    assert {(e.kind, e.action) for e in events} >= {("article", "click"), ("video", "view")}
    shown = {(e.user_id, e.item_id) for e in events if e.action == "impression"}
    assert {(e.user_id, e.item_id) for e in events} == shown
    dwelled = [e for e in events if e.action in ("click", "view")]
    assert all(e.dwell_s is not None and e.dwell_s >= 1 for e in dwelled)
    by_session = defaultdict(list)
    for event in events:
        by_session[event.request_id].append(event.at)
    for times in by_session.values():
        times.sort()
        assert all(b - a < timedelta(minutes=30) for a, b in itertools.pairwise(times))


def test_taste_can_be_recovered_from_events(sample_home: Callable[[str], Home]) -> None:
    home = sample_home("home")
    simulate(home, 60, 4, NOW)
    tastes = Tastes.load(home.path)
    assert tastes is not None
    vectors = home.documents.vectors("article", home.catalogue.articles.ids())
    vectors |= home.documents.vectors("transcript", home.catalogue.videos.ids())
    chosen, passed, rank = [], [], []
    for taste in tastes.readers:
        events = home.catalogue.events.newest([taste.user_id], 1000)[taste.user_id]
        watched = {e.item_id: e.dwell_s or 0.0 for e in events if e.action in ("click", "view")}
        shown = {e.item_id for e in events if e.action == "impression"} - watched.keys()
        if not watched or not shown:
            continue
        chosen.append(taste.utility(np.stack([vectors[i] for i in watched]), tastes.scale).mean())
        passed.append(taste.utility(np.stack([vectors[i] for i in shown]), tastes.scale).mean())
        mean = sum(vectors[i] * dwell for i, dwell in watched.items())
        nearness = [(other.centres @ mean).max() for other in tastes.readers]
        rank.append(float(np.mean([n < (taste.centres @ mean).max() for n in nearness])))
    assert np.mean(np.array(chosen) > np.array(passed)) > 0.9  # they take what they want of what they are shown
    assert np.mean(rank) > 0.75  # and what they watched tells them from the other 59; chance is 0.5


def test_taste_is_no_category_label(sample_home: Callable[[str], Home]) -> None:
    home = sample_home("home")
    simulate(home, 40, 5, NOW)
    category = {article.id: article.category for _, article in home.catalogue.articles.iterate()}
    category |= {video.id: video.category for _, video in home.catalogue.videos.iterate()}
    liked = defaultdict(set)
    for event in events_of(home):
        if event.action in ("click", "view"):
            liked[event.user_id].add(category[event.item_id])
    assert np.mean([len(found) for found in liked.values()]) > 2


def test_too_little_to_choose_from(home: Home, encoder: Any, config: IngestConfig, tmp_path: Path) -> None:
    source = tmp_path / "t.jsonl"
    source.write_text(json.dumps({"id": "a", "title": "A"}))
    load_videos(home, source, lambda: encoder, config)
    with pytest.raises(UsageError, match="expected 10 videos and articles or more, found 1"):
        simulate(home, 5, 1, NOW)


def test_a_damaged_taste_file_is_named(tmp_path: Path) -> None:
    assert Tastes.load(tmp_path) is None
    (tmp_path / "simulated.npz").write_bytes(b"PK\x03\x04 not whole")
    with pytest.raises(HomeDamaged, match=r"simulated.npz"):
        Tastes.load(tmp_path)
