from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import UsageError
from shortlist.core.ranking import Query
from shortlist.core.types import Video
from shortlist.retrieval.build import build_leg

N, DIM = 9000, 24  # more than two blocks of the scan


def unit(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


VECTORS = unit(np.random.default_rng(3).normal(size=(N, DIM)))
ASKED = unit(np.random.default_rng(4).normal(size=(12, DIM)))


@pytest.fixture(scope="module")
def snapshot(snapshot_of: Any) -> Any:
    return snapshot_of([Video(f"v{at:05d}", "clip") for at in range(N)], VECTORS, parts=2)


def brute_force(vectors: np.ndarray[Any, Any], weights: np.ndarray[Any, Any], top: int = 3) -> np.ndarray[Any, Any]:
    """The definition, by sorting: float64[N]."""
    similarities = VECTORS.astype(np.float64) @ vectors.astype(np.float64).T * weights
    best = -np.sort(-similarities, axis=1)[:, :top]
    return np.asarray(best.sum(axis=1) / np.sort(np.abs(weights))[::-1][:top].sum())


@pytest.mark.parametrize("asked", [1, 2, 3, 4, 12])
@pytest.mark.parametrize("share", [None, 0.5, 0.01])
def test_it_is_brute_force(snapshot: Any, asked: int, share: float | None) -> None:
    weights = np.linspace(1, 0.2, asked).astype(np.float32)
    expected = brute_force(ASKED[:asked], weights)
    excluded = [] if share is None else np.flatnonzero(np.random.default_rng(0).random(N) >= share).tolist()
    expected[excluded] = -np.inf
    query = Query(
        k=50,
        vectors=ASKED[:asked],
        vector_weights=weights,
        exclude=frozenset(f"v{row:05d}" for row in excluded),
    )
    ranking = build_leg("dense", snapshot, RetrievalConfig(dense_top=3)).search(query)
    best = np.argsort(-expected)[:50]
    assert ranking.ids == tuple(f"v{row:05d}" for row in best)
    np.testing.assert_allclose(ranking.scores, expected[best], atol=1e-7)


def test_one_vector_gives_its_cosine_whatever_its_weight(snapshot: Any) -> None:
    query = Query(k=1, vectors=VECTORS[[77]], vector_weights=np.array([0.2], dtype=np.float32))
    ranking = build_leg("dense", snapshot, RetrievalConfig()).search(query)
    assert ranking.ids == ("v00077",)
    assert ranking.scores[0] == pytest.approx(1, abs=1e-6)


def test_weights_of_zero_are_nothing_to_go_by(snapshot: Any) -> None:
    query = Query(k=3, vectors=ASKED[:2], vector_weights=np.zeros(2, dtype=np.float32))
    assert len(build_leg("dense", snapshot, RetrievalConfig()).search(query)) == 0


def test_vectors_of_another_encoder_are_refused(snapshot: Any) -> None:
    query = Query(k=3, vectors=np.eye(2, dtype=np.float32), vector_weights=np.ones(2, dtype=np.float32))
    with pytest.raises(UsageError, match="24 dimensions"):
        build_leg("dense", snapshot, RetrievalConfig()).search(query)
