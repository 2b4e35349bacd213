"""A large segment's cells: what they find is nearly all that the exact scan finds, whatever the filter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import HomeDamaged
from shortlist.core.ranking import Filters, FloatArray, Query
from shortlist.core.types import Video
from shortlist.retrieval.index.index import IndexWriter, empty_index, open_index
from shortlist.retrieval.index.segment import SegmentView, video_segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.dense import Dense
from shortlist.retrieval.vectors.ivf import MIN_ROWS, build_ivf

DIM, N, K = 48, MIN_ROWS + 2_000, 100


def unit(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def vectors() -> FloatArray:
    """As embeddings are: around some hundred topics, in no way evenly spread."""
    draw = np.random.default_rng(3)
    topics = draw.normal(size=(200, DIM))
    return unit(topics[draw.integers(0, 200, N)] + 0.6 * draw.normal(size=(N, DIM)))


@pytest.fixture(scope="module")
def folder(vectors: FloatArray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index whose segment has cells."""
    videos = [Video(f"v{row:05d}", "title", duration_s=float(row % 100), language="en") for row in range(N)]
    folder = tmp_path_factory.mktemp("index")
    writer = IndexWriter(folder, empty_index("home", "test"))
    writer.add(video_segment(videos, vectors))
    writer.commit(1)
    return folder


@pytest.fixture(scope="module")
def snapshot(folder: Path) -> Snapshot:
    return Snapshot("home", 1, open_index(folder, "home", "test").of_kind("video"))


@pytest.fixture(scope="module")
def exact(snapshot: Snapshot) -> Dense:
    """The same rows without cells."""
    segment = snapshot.parts[0].segment
    plain = type(segment)(segment.kind, segment.ids, segment.vectors, segment.columns, segment.postings)
    return Dense(Snapshot("home", 1, (SegmentView(plain),)), RetrievalConfig())


@pytest.fixture(scope="module")
def leg(snapshot: Snapshot) -> Dense:
    assert snapshot.parts[0].segment.cells is not None
    return Dense(snapshot, RetrievalConfig())


def asked(vectors: FloatArray, per_query: int, n: int = 30, **more: object) -> list[Query]:
    """Queries near some videos; those of one query are of one topic, as what a reader likes is."""
    draw = np.random.default_rng(8)
    found = []
    for one in draw.integers(0, N, n):
        around = unit(vectors[one] + 0.05 * draw.normal(size=(per_query, DIM)))
        found.append(Query(k=K, vectors=around, vector_weights=np.ones(per_query, dtype=np.float32), **more))  # type: ignore[arg-type]
    return found


FILTERS = [Filters(), Filters(max_duration_s=49), Filters(max_duration_s=9), Filters(max_duration_s=1)]


@pytest.mark.parametrize("filters", FILTERS, ids=["all", "50 %", "10 %", "2 %"])
@pytest.mark.parametrize("per_query", [1, 6])
def test_nearly_all_of_the_exact_best_are_found(
    leg: Dense, exact: Dense, vectors: FloatArray, per_query: int, filters: Filters
) -> None:
    queries = asked(vectors, per_query, filters=filters)
    pairs = list(zip(leg.search_many(queries), exact.search_many(queries), strict=True))
    shares = [len(set(found.ids) & set(best.ids)) / len(best) for found, best in pairs]
    assert np.mean(shares) >= 0.98
    assert all(len(found) == len(best) for found, best in pairs)
    for found, best in pairs:
        known = dict(zip(best.ids, best.scores.tolist(), strict=True))
        assert all(
            known.get(item, score) == score for item, score in zip(found.ids, found.scores.tolist(), strict=True)
        )


def test_many_queries_find_what_each_finds_alone(leg: Dense, vectors: FloatArray) -> None:
    queries = asked(vectors, 1) + asked(vectors, 6)
    together = leg.search_many(queries)
    for query, found in zip(queries, together, strict=True):
        alone = leg.search(query)
        assert (alone.ids, alone.scores.tolist()) == (found.ids, found.scores.tolist())


def test_there_are_as_many_as_asked_for_while_there_are_any(leg: Dense, vectors: FloatArray) -> None:
    far = Query(k=1000, vectors=-vectors[:1], vector_weights=np.ones(1, dtype=np.float32))
    assert len(leg.search(far)) == 1000
    excluded = frozenset(leg.search(far).ids)
    others = leg.search(Query(k=1000, vectors=far.vectors, vector_weights=far.vector_weights, exclude=excluded))
    assert len(others) == 1000
    assert not excluded & set(others.ids)


def test_small_segments_have_no_cells(vectors: FloatArray) -> None:
    assert build_ivf(vectors[: MIN_ROWS - 1]) is None


def test_cells_with_a_byte_changed_are_named(folder: Path, snapshot: Snapshot, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for path in [one for one in folder.rglob("*") if one.is_file()]:
        target = copy / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    cells = next(copy.rglob("cells.npy"))
    changed = bytearray(cells.read_bytes())
    changed[len(changed) // 2] ^= 1
    cells.write_bytes(changed)
    with pytest.raises(HomeDamaged, match=r"cells\.npy"):
        open_index(copy, "home", "test")
