"""The trained models of a home, as versions of its registry."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shortlist.core.errors import HomeDamaged, ModelMissing, UsageError
from shortlist.models.towers.item_tower import ItemTower
from shortlist.retrieval.trained.logistic_ranker import LogisticRanker
from shortlist.retrieval.trained.ranker import Ranker
from shortlist.retrieval.trained.tree_ranker import TreeRanker
from shortlist.store.registry.decisions import NO_MODELS, ROLLED_BACK, version_before
from shortlist.store.registry.folder_registry import RECEIPT, TRACES, VERSIONS, FolderRegistry

FOLDER = "trained"
RANKERS: Mapping[str, Callable[[Path], Ranker]] = {
    LogisticRanker.kind: LogisticRanker.load,
    TreeRanker.kind: TreeRanker.load,
}
WORK = "work"  # of trainings that have not finished
REMEDY = "train again with `shortlist train all`, or return to the version before with `shortlist models rollback`"

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Trained:
    """The towers by the name of their leg, the ranker, and the legs' weights for readers; all may be missing."""

    version: str = NO_MODELS
    towers: Mapping[str, ItemTower] = field(default_factory=dict)
    ranker: Ranker | None = None
    weights: Mapping[str, float] = field(default_factory=dict)


def registry(home: Path) -> FolderRegistry:
    """Return the registry of the models that a home has trained."""
    return FolderRegistry(home / FOLDER, REMEDY)


def write_version(home: Path, trained: Trained, receipt: Mapping[str, Any]) -> None:
    """Register `trained` as a candidate. Raises `UsageError` if the version exists already."""
    folder = registry(home).new_folder(trained.version)
    for name, tower in trained.towers.items():
        tower.save(folder / name)
    if trained.ranker is not None:
        trained.ranker.save(folder)
    registry(home).add(trained.version, folder, receipt)


def read_version(home: Path, version: str) -> Trained:
    """Map the models of `version` into memory.

    Raises `UsageError` if there is none, `HomeDamaged` if it is damaged, `ModelMissing` if it needs a package.
    """
    folder, receipt = registry(home).open(version), read_receipt(home, version)
    try:
        towers = {name: ItemTower.load(folder / name) for name in receipt["towers"]}
        load_ranker, weights = RANKERS[receipt["ranker"]] if receipt["ranker"] else None, receipt["weights"]
    except (OSError, ValueError, KeyError) as error:
        raise registry(home).damaged(version, "its arrays", error) from error
    return Trained(version, towers, load_ranker(folder) if load_ranker else None, weights)


def read_receipt(home: Path, version: str) -> dict[str, Any]:
    """Return the receipt of `version`. Raises as `read_version`."""
    return registry(home).receipt(version)


def versions(home: Path) -> list[str]:
    """Return the names of all complete versions, ascending."""
    return registry(home).names()


def promoted(home: Path) -> str:
    """Return the version in use; `NO_MODELS`, the shipped weights, if none is."""
    return registry(home).champion()


def promote(home: Path, version: str, why: str) -> None:
    """Use `version` from now on. A running server takes it within `serve.refresh_s`. Raises as `read_version`."""
    if version != NO_MODELS:
        read_version(home, version)
        _refuse_traces(home, version)
    registry(home).promote(version, why)
    for other in versions(home):
        if other != version and holds_traces(home, other):
            registry(home).delete(other)


def holds_traces(home: Path, version: str) -> bool:
    """Return whether `version` was trained on data of readers who have been forgotten since."""
    return version != NO_MODELS and (registry(home).folder_of(version) / TRACES).exists()


def mark_traces(home: Path) -> tuple[list[str], list[str]]:
    """Mark the version in use as trained on a reader who is forgotten, and delete all others and unfinished trainings.

    Return the names of the marked and the deleted ones. The marked version is deleted when another one is promoted.
    """
    folder, current = home / FOLDER, promoted(home)
    shutil.rmtree(folder / WORK, ignore_errors=True)
    marked: list[str] = []
    deleted: list[str] = []
    for path in sorted((folder / VERSIONS).glob("*")):
        if path.name == current:
            (path / TRACES).touch()
            marked.append(path.name)
        else:
            (path / RECEIPT).unlink(missing_ok=True)  # from here on it is no version
            shutil.rmtree(path, ignore_errors=True)
            deleted.append(path.name)
    return marked, deleted


def _refuse_traces(home: Path, version: str) -> None:
    if holds_traces(home, version) and version != promoted(home):
        raise UsageError(
            f"version {version} was trained on forgotten readers", expected="a version without traces of them",
            found="traces", remedy="train a new one with `shortlist train all`",
        )  # fmt: skip


def rollback(home: Path) -> str:
    """Return to the version that was in use before, and return its name. Raises `UsageError` if there is none."""
    before = version_before(registry(home).history())
    promote(home, before, ROLLED_BACK)
    return before


def load_trained(home: Path, version: str | None) -> Trained:
    """Return the models of `version`; None is the promoted one. Damaged promoted models are left out, with a warning.

    Raises as `read_version` for a version that was named.
    """
    if version == NO_MODELS:
        return Trained()
    if version is not None:
        return read_version(home, version)
    try:
        current = promoted(home)
        return Trained() if current == NO_MODELS else read_version(home, current)
    except (HomeDamaged, ModelMissing, UsageError) as error:
        log.warning("the shipped weights are used: %s", error)
        return Trained()
