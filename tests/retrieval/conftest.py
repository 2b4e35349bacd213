"""Corpora and a home in memory, for the tests of retrieval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.errors import HomeLocked
from shortlist.core.types import Video
from tests.memory_catalogue import MemoryCatalogue

WORDS = [f"word{number}" for number in range(60)]


@cache
def random_video(item_id: str, seed: int) -> Video:
    draw = np.random.default_rng(seed)
    said = draw.zipf(1.3, size=int(draw.integers(1, 40))) % len(WORDS)
    return Video(id=item_id, title=WORDS[said[0]], description=" ".join(WORDS[at] for at in said))


def random_vectors(n: int, dim: int = 8, seed: int = 0) -> np.ndarray[Any, Any]:
    rows = np.random.default_rng(seed).normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@cache
def vector_of(sha: str) -> np.ndarray[Any, Any]:
    return random_vectors(1, seed=int(sha[:8], 16))[0]


@pytest.fixture(scope="session")
def corpus() -> list[Video]:
    """200 videos of Zipf-distributed words; their ids do not sort as they are listed."""
    return [random_video(f"v{seed * 37 % 200:03d}", seed) for seed in range(200)]


@pytest.fixture(scope="session")
def corpus_snapshot(corpus: list[Video], snapshot_of: Any) -> Any:
    return snapshot_of(corpus, random_vectors(len(corpus)))


class MemoryEmbeddings:
    """A vector for every hash of a text, drawn from the hash; none for those in `lost`."""

    def __init__(self) -> None:
        self.lost: set[str] = set()

    def get_many(self, encoder: str, shas: Iterable[str]) -> dict[str, np.ndarray[Any, Any]]:
        return {sha: vector_of(sha) for sha in shas if sha not in self.lost}

    def put(self, encoder: str, by_sha: dict[str, np.ndarray[Any, Any]]) -> None:
        self.lost -= by_sha.keys()


class MemoryHome:
    """A home without SQL and Chroma."""

    encoder = "test"
    is_follower = False

    def __init__(self, path: Path) -> None:
        self.path = self.content = path
        self.home_id = "memory"
        self.catalogue = MemoryCatalogue()
        self.embeddings = MemoryEmbeddings()
        self.locked = False

    @contextmanager
    def writing(self, doing: str = "") -> Iterator[None]:
        if self.locked:
            raise HomeLocked("locked", expected="nobody else", found="somebody", remedy="wait")
        yield


@pytest.fixture
def home(tmp_path: Path) -> MemoryHome:
    """An empty home in memory whose index files are real."""
    return MemoryHome(tmp_path)


@pytest.fixture(scope="session")
def some_videos() -> Any:
    """Makes `n` videos `v0000`, ..., numbered from `start`; another `edition` has other words."""

    def make(n: int, start: int = 0, edition: int = 0) -> Sequence[Video]:
        return [random_video(f"v{at:04d}", at + 10_000 * edition) for at in range(start, start + n)]

    return make
