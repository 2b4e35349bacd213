"""Fixtures for snapshots: a home with videos, a folder to publish to, and a follower."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config import RetrievalConfig
from shortlist.core.types import Event, Reader, Video
from shortlist.ops.publish.follow import Follower
from shortlist.ops.publish.place import FolderPlace, Place
from shortlist.ops.publish.publish import Published, publish
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.home import Home

AT = datetime(2026, 11, 20, tzinfo=UTC)


class Publisher:
    """A home with `videos` and a reader, that publishes to `place`."""

    def __init__(self, folder: Path, place: Place, encoder: Any) -> None:
        self.folder, self.place, self.encoder = folder, place, encoder

    def open(self) -> Home:
        return Home.open(self.folder, self.encoder.name)

    def add(self, *ids: str) -> None:
        """Store videos, and an event of each."""
        with self.open() as home, home.writing():
            home.catalogue.videos.put([Video(one, f"About {one}") for one in ids])
            home.catalogue.readers.put([Reader("ann", AT)])
            home.catalogue.events.add([Event("ann", one, "video", "like", AT) for one in ids])

    def publish(self, keep: int = 3, **options: Any) -> Published:
        with self.open() as home:
            return publish(home, self.place, lambda: self.encoder, keep, **options)


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    return FolderPlace(tmp_path / "place")


@pytest.fixture
def publisher(tmp_path: Path, place: FolderPlace, new_hash_encoder: Any) -> Publisher:
    """A home with the videos a, b and c. Nothing is published yet."""
    made = Publisher(tmp_path / "home", place, new_hash_encoder())
    made.add("a", "b", "c")
    return made


@pytest.fixture
def follower(tmp_path: Path, place: FolderPlace) -> Follower:
    return Follower(place, tmp_path / "follower", with_catalogue=True)


@pytest.fixture
def seen(tmp_path: Path) -> Callable[[Path], set[str]]:
    """seen(copy): the ids of the videos that a home over this copy finds; index and catalogue must agree."""

    def look(copy: Path) -> set[str]:
        with Home.open(tmp_path / "follower", "hash-32", follows=copy) as home:
            snapshot = load_snapshot(home, RetrievalConfig())
            assert snapshot.revision == home.catalogue.revision()
            assert home.catalogue.videos.ids() == sorted(snapshot.live_ids())
            assert home.catalogue.counts().events == len(snapshot)
            return set(snapshot.live_ids())

    return look
