"""Corpora and a home in memory, for the tests of retrieval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.errors import HomeLocked
from shortlist.core.types import Article, Video

WORDS = [f"word{number}" for number in range(60)]


def random_video(item_id: str, seed: int) -> Video:
    draw = np.random.default_rng(seed)
    said = draw.zipf(1.3, size=int(draw.integers(1, 40))) % len(WORDS)
    return Video(id=item_id, title=WORDS[said[0]], description=" ".join(WORDS[at] for at in said))


def random_vectors(n: int, dim: int = 8, seed: int = 0) -> np.ndarray[Any, Any]:
    rows = np.random.default_rng(seed).normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def corpus() -> list[Video]:
    """200 videos of Zipf-distributed words; their ids do not sort as they are listed."""
    return [random_video(f"v{seed * 37 % 200:03d}", seed) for seed in range(200)]


@pytest.fixture(scope="session")
def corpus_snapshot(corpus: list[Video], snapshot_of: Any) -> Any:
    return snapshot_of(corpus, random_vectors(len(corpus)))


class MemoryTable:
    """Rows as {id: (revision, record)}."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, Any]] = {}
        self.removed: dict[str, int] = {}

    def iterate(self, after: int = 0) -> Iterator[tuple[int, Any]]:
        return iter(sorted((row for row in self.rows.values() if row[0] > after), key=lambda row: (row[0], row[1].id)))

    def iterate_removed(self, after: int = 0) -> Iterator[tuple[int, str]]:
        return iter(sorted((at, item_id) for item_id, at in self.removed.items() if at > after))


class MemoryEvents:
    """The events that `MemoryCatalogue.watch` added, numbered from 1."""

    def __init__(self) -> None:
        self.watches: list[tuple[str, str, int]] = []
        self.liked: dict[str, float] = {}

    def get_numbered(self, number: int) -> object:
        return self.watches[number - 1] if 0 < number <= len(self.watches) else None

    def last_number(self) -> int:
        return len(self.watches)

    def version(self) -> tuple[int, str]:
        return len(self.watches), ""

    def iterate_watches(self, after: int = 0) -> Iterator[list[tuple[str, int]]]:
        numbered = [(user, at, number, item) for number, (user, item, at) in enumerate(self.watches, start=1)]
        for user in sorted({user for user, _, number, _ in numbered if number > after}):
            yield [(item, number) for _, _, number, item in sorted(one for one in numbered if one[0] == user)]

    def popularity(self, half_life_days: float) -> dict[str, float]:
        return self.liked


class MemoryCatalogue:
    """The methods of the catalogue that indexing uses, over dicts."""

    def __init__(self) -> None:
        self._revision = 0
        self.delivered_revision: int | None = None
        self.videos, self.articles, self.events = MemoryTable(), MemoryTable(), MemoryEvents()
        self._indexed: dict[str, int] = {}

    def put(self, *items: Video | Article) -> None:
        self._revision += 1
        for item in items:
            if isinstance(item, Video):
                self.videos.rows[item.id] = (self._revision, item)
                self.videos.removed.pop(item.id, None)
            else:
                self.articles.rows[item.id] = (self._revision, item)

    def remove(self, *ids: str) -> None:
        self._revision += 1
        for item_id in ids:
            del self.videos.rows[item_id]
            self.videos.removed[item_id] = self._revision

    def revision(self) -> int:
        return self._revision

    def delivered(self) -> int:
        return self._revision if self.delivered_revision is None else self.delivered_revision

    def indexed(self, index_id: str) -> int:
        return self._indexed.get(index_id, 0)

    def set_indexed(self, index_id: str, revision: int) -> None:
        self._indexed[index_id] = revision

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        yield self._revision

    def changed_since(self, revision: int) -> int:
        changed = (
            self.videos.iterate(revision),
            self.articles.iterate(revision),
            self.videos.iterate_removed(revision),
        )
        return sum(len(list(each)) for each in changed)

    def watch(self, user_id: str, item_id: str, at: int) -> None:
        self.events.watches.append((user_id, item_id, at))


class MemoryDocuments:
    """A vector for each id, drawn from the id; videos with a summary have one for it, too."""

    def __init__(self, catalogue: MemoryCatalogue) -> None:
        self._catalogue = catalogue
        self.lost = False

    def vectors(self, facet: str, item_ids: Iterable[str]) -> dict[str, np.ndarray[Any, Any]]:
        if self.lost:
            return {}
        known = self._catalogue.videos.rows
        wanted = [one for one in item_ids if facet != "summary" or known[one][1].summary]
        return {one: vector_of(facet, one) for one in wanted}


def vector_of(facet: str, item_id: str) -> np.ndarray[Any, Any]:
    seed = int.from_bytes(f"{facet}:{item_id}".encode(), "big") % 2**32
    return np.asarray(random_vectors(1, seed=seed)[0])


class MemoryHome:
    """A home without SQL and Chroma."""

    encoder = "test"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.home_id = "memory"
        self.catalogue = MemoryCatalogue()
        self.documents = MemoryDocuments(self.catalogue)
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
