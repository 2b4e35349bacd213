"""A home whose readers watch the videos of one topic in a fixed order, so that the next video can be learned."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from shortlist.core.config import Config
from shortlist.core.types import Event, Video
from shortlist.models.encoders.encoder import Encoder
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.embed import embed
from shortlist.store.home import Home
from tests.eval.conftest import TOPICS, TopicEncoder

START = datetime(2026, 1, 1, tzinfo=UTC)
VIDEOS = [
    Video(f"{topic}{n}", f"{words[n % 4]} {n}", description=" ".join(words[: n % 3 + 1]))
    for topic, words in TOPICS.items()
    for n in range(12)
]


def watch(user: str, item: str, day: float, dwell_s: float | None = 40.0) -> Event:
    return Event(user, item, "video", "view", START + timedelta(days=day), dwell_s)


def habits(readers: int, seed: int = 0) -> list[Event]:
    """Each reader watches four to seven videos of one topic in a row, from a random one on, one a day."""
    draw, found = np.random.default_rng(seed), []
    for number in range(readers):
        topic, first, length = draw.choice(list(TOPICS)), int(draw.integers(12)), int(draw.integers(4, 8))
        begin = int(draw.integers(20))
        found += [watch(f"r{number:03d}", f"{topic}{(first + at) % 12}", begin + at) for at in range(length)]
    return found


def fill(path: Path, events: list[Event]) -> None:
    encoder: Encoder = TopicEncoder()
    with Home.open(path, encoder.name) as home:
        with home.writing():
            home.catalogue.videos.put(VIDEOS)
            embed(home, 0, lambda: encoder)
        home.catalogue.events.add(events)
        load_snapshot(home)


@pytest.fixture(scope="session")
def habits_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with 260 readers. Copy it before you change it."""
    path = tmp_path_factory.mktemp("habits") / "home"
    fill(path, habits(260))
    return path


@pytest.fixture
def open_copy(habits_home: Path, tmp_path: Path) -> Callable[[], Home]:
    """Opens a copy of `habits_home`; every call opens the same copy."""
    copy = tmp_path / "home"
    shutil.copytree(habits_home, copy)
    return lambda: Home.open(copy)


@pytest.fixture(scope="session")
def config() -> Config:
    return Config.model_validate({"encoder": {"name": "topics"}})
