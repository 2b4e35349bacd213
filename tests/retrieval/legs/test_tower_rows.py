"""A tower of many videos: its index finds nearly all of the best, and nothing that a filter keeps out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shortlist.models.towers.item_tower import ACTS, AGES, LAST, ItemTower
from shortlist.retrieval.legs.tower_rows import TowerRows
from shortlist.retrieval.vectors.ivf import build_ivf

N, D = 12_000, 16


@pytest.fixture(scope="module")
def videos() -> TowerRows:
    draw = np.random.default_rng(0)
    table = draw.normal(size=(60, D))[draw.integers(60, size=N)] + 0.3 * draw.normal(size=(N, D))
    ones, none = [np.ones(n, np.float32) for n in (LAST, ACTS, AGES)], np.empty((0, D), np.float32)
    outputs, bias = table.astype(np.float32), draw.normal(size=N).astype(np.float32)
    ids = tuple(map(str, range(N)))
    tower = ItemTower(ids, outputs, outputs, bias, ones[0], ones[1], ones[2], none, none, np.zeros(1, np.float32))
    packed = build_ivf(np.column_stack((outputs, bias)))
    assert packed is not None
    return TowerRows(replace(tower, cells=packed), np.arange(N), np.arange(N), none)


@pytest.mark.parametrize("share", [1.0, 0.999, 0.5, 0.01])
def test_the_index_finds_nearly_all_of_the_best_within_a_filter(videos: TowerRows, share: float) -> None:
    draw = np.random.default_rng(1)
    mask = None if share == 1 else draw.random(N) < share
    found = wanted = 0
    for reader in videos.tower.outputs[draw.integers(N, size=10)]:
        [rows] = videos.best(reader[None], [mask], [50])
        scores = videos.scores(reader[None])[0]
        allowed = np.arange(N) if mask is None else np.flatnonzero(mask)
        best = allowed[np.argsort(-scores[allowed])[:50]]
        assert mask is None or mask[rows].all()
        found += len(np.intersect1d(rows, best))
        wanted += len(best)
    assert found / wanted > 0.9
