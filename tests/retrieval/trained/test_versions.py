"""Versions on disk: whole or not at all, promoted, rolled back, damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shortlist.core.errors import HomeDamaged, UsageError
from shortlist.models.towers.item_tower import ItemTower
from shortlist.retrieval.trained import versions
from shortlist.retrieval.trained.logistic_ranker import LogisticRanker
from shortlist.store.registry.decisions import NO_MODELS
from shortlist.store.registry.signature import read_key, sign

RANKER = LogisticRanker(("cowatch:share", "dense:z"), (1.0, -2.0), (0.5, 0.0), (0.25, 1.0), {"cowatch": 9, "dense": 3})


def tower() -> ItemTower:
    table, one = np.eye(3, dtype=np.float32), np.ones(16, np.float32)
    none = np.empty((0, 3), np.float32)
    return ItemTower(("a", "b", "c"), table, table, one[:3], one, one[:6], one[:4], none, none, one[:1])


def write(home: Path, name: str) -> None:
    receipt = {"towers": ["svd"], "ranker": "logistic", "weights": {}}
    versions.write_version(home, versions.Trained(name, {"svd": tower()}, RANKER), receipt)


def test_a_version_comes_back_and_is_never_changed(tmp_path: Path) -> None:
    write(tmp_path, "one")
    found = versions.read_version(tmp_path, "one")
    assert found.ranker == RANKER
    assert found.towers["svd"].ids == ("a", "b", "c")
    assert isinstance(found.towers["svd"].outputs, np.memmap)
    with pytest.raises(UsageError, match="never changed"):
        write(tmp_path, "one")


def test_the_promoted_version_is_used(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path, name)
        versions.promote(tmp_path, name, "test")
    assert versions.load_trained(tmp_path, None).version == "two"
    assert versions.load_trained(tmp_path, "one").version == "one"
    assert versions.load_trained(tmp_path, NO_MODELS).ranker is None
    assert versions.rollback(tmp_path) == "one"
    assert versions.load_trained(tmp_path, None).version == "one"


def flip_last(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3] + bytes([path.read_bytes()[-3] ^ 0x02]) + path.read_bytes()[-2:])


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])


@pytest.mark.parametrize("spoil", [truncate, flip_last])
@pytest.mark.parametrize("file", ["ranker.json", "svd/outputs.npy", "svd/ids.npy", "receipt.json", "checksums.json"])
def test_a_damaged_version_is_not_promoted_and_not_used(
    tmp_path: Path, file: str, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "one")
    versions.promote(tmp_path, "one", "test")
    spoil(tmp_path / "trained/versions/one" / file)
    with pytest.raises(HomeDamaged, match="is damaged"):
        versions.promote(tmp_path, "one", "test")
    assert versions.load_trained(tmp_path, None).ranker is None
    assert "the shipped weights are used" in caplog.text


def test_names_and_numbers_that_cannot_be(tmp_path: Path) -> None:
    write(tmp_path, "one")
    with pytest.raises(UsageError, match="one of one, found 'two'"):
        versions.promote(tmp_path, "two", "test")
    with pytest.raises(UsageError, match="bad version"):
        versions.promote(tmp_path, "../outside", "test")
    path = tmp_path / "trained/versions/one/ranker.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"weights": [1.0, float("nan")]}))
    sign(path.parent, "one", read_key(tmp_path / "trained"))
    with pytest.raises(HomeDamaged, match="not finite"):
        versions.read_version(tmp_path, "one")


def test_the_parts_of_a_score_by_hand() -> None:
    values = {"cowatch:share": np.array([1.0, 0.5]), "dense:z": np.array([2.0, 0.0]), "tfidf:z": np.ones(2)}
    parts = RANKER.parts(values)
    assert {name: part.tolist() for name, part in parts.items()} == {"cowatch": [2.0, 0.0], "dense": [-4.0, 0.0]}


def test_a_version_with_traces_stays_in_use_and_is_never_promoted_again(tmp_path: Path) -> None:
    for name in ("old", "used"):
        write(tmp_path, name)
        versions.promote(tmp_path, name, "better")
    assert versions.mark_traces(tmp_path) == (["used"], ["old"])
    write(tmp_path, "new")
    assert (versions.promoted(tmp_path), versions.holds_traces(tmp_path, "used")) == ("used", True)
    with pytest.raises(UsageError, match="unknown version"):
        versions.rollback(tmp_path)
    versions.promote(tmp_path, "new", "retrained")
    assert versions.versions(tmp_path) == ["new"]
    with pytest.raises(UsageError):
        versions.promote(tmp_path, "used", "by hand")
