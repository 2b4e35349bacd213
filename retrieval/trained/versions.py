"""Versions of trained models in a home: each an immutable folder, one of them promoted."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from shortlist.core.errors import HomeDamaged, ModelMissing, UsageError
from shortlist.models.towers.item_tower import ItemTower
from shortlist.retrieval.checksums import FileChecksum, checksums_of, first_changed
from shortlist.retrieval.trained import promotions
from shortlist.retrieval.trained.logistic_ranker import LogisticRanker
from shortlist.retrieval.trained.promotions import NO_MODELS, Promotion
from shortlist.retrieval.trained.ranker import Ranker
from shortlist.retrieval.trained.tree_ranker import TreeRanker

FOLDER, VERSIONS = "trained", "versions"
RECEIPT, CHECKSUMS = "receipt.json", "checksums.json"
RANKERS: Mapping[str, Callable[[Path], Ranker]] = {
    LogisticRanker.kind: LogisticRanker.load,
    TreeRanker.kind: TreeRanker.load,
}
WORK = "work"  # of trainings that have not finished
TRACES = "traces"  # a file in a version that was trained on readers who have been forgotten since
REMEDY = "train again with `shortlist train`, or return to the version before with `shortlist models rollback`"

FILES = TypeAdapter(dict[str, FileChecksum])

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Trained:
    """The towers by the name of their leg, the ranker, and the legs' weights for readers; all may be missing."""

    version: str = NO_MODELS
    towers: Mapping[str, ItemTower] = field(default_factory=dict)
    ranker: Ranker | None = None
    weights: Mapping[str, float] = field(default_factory=dict)


def write_version(home: Path, trained: Trained, receipt: Mapping[str, Any]) -> None:
    """Write a version. After a kill at any moment, it is there completely or not at all.

    Raises `UsageError` if it exists already.
    """
    folder = _folder(home, trained.version)
    if folder.exists():
        raise UsageError(
            "a version is never changed", expected="a new name", found=trained.version, remedy="train another version"
        )
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, tower in trained.towers.items():
        tower.save(partial / name)
    if trained.ranker is not None:
        trained.ranker.save(partial)
    (partial / RECEIPT).write_text(json.dumps(receipt, indent=1) + "\n", encoding="utf-8")
    (partial / CHECKSUMS).write_bytes(FILES.dump_json(checksums_of(partial), indent=1))
    partial.replace(folder)


def read_version(home: Path, version: str) -> Trained:
    """Map the models of `version` into memory.

    Raises `UsageError` if there is none, `HomeDamaged` if it is damaged, `ModelMissing` if it needs a package.
    """
    receipt = read_receipt(home, version)
    folder = _folder(home, version)
    try:
        changed = first_changed(folder, _checksums(folder))
        if changed:
            raise ValueError(f"{changed} is not what was written")
        towers = {name: ItemTower.load(folder / name) for name in receipt["towers"]}
        load_ranker, weights = RANKERS[receipt["ranker"]] if receipt["ranker"] else None, receipt["weights"]
    except (OSError, ValueError, KeyError) as error:
        raise HomeDamaged(
            f"version {version} is damaged", expected="its arrays", found=str(error), remedy=REMEDY
        ) from error
    return Trained(version, towers, load_ranker(folder) if load_ranker else None, weights)


def _checksums(folder: Path) -> dict[str, FileChecksum]:
    """Return the checksums of the files of a version; none for one of an older Shortlist."""
    path = folder / CHECKSUMS
    return FILES.validate_json(path.read_bytes()) if path.exists() else {}


def read_receipt(home: Path, version: str) -> dict[str, Any]:
    """Return the receipt of `version`. Raises as `read_version`."""
    try:
        receipt: dict[str, Any] = json.loads((_folder(home, version) / RECEIPT).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(versions(home)) or "none"
        remedy = "choose one of `shortlist models history`"
        raise UsageError("unknown version", expected=f"one of {known}", found=repr(version), remedy=remedy) from error
    except (OSError, ValueError) as error:
        raise HomeDamaged(
            f"version {version} is damaged", expected="a receipt", found=str(error), remedy=REMEDY
        ) from error
    return receipt


def versions(home: Path) -> list[str]:
    """Return the names of all complete versions, ascending."""
    return sorted(path.parent.name for path in (home / FOLDER / VERSIONS).glob(f"[!.]*/{RECEIPT}"))


def history(home: Path) -> list[Promotion]:
    """Return every promotion and rollback, oldest first. Raises `HomeDamaged` if the file is unreadable."""
    return promotions.history(home / FOLDER)


def promoted(home: Path) -> str:
    """Return the version in use; `NO_MODELS`, the shipped weights, if none is."""
    return promotions.current(home / FOLDER)


def promote(home: Path, version: str, why: str) -> None:
    """Use `version` from now on. A running server takes it within `serve.refresh_s`. Raises as `read_version`."""
    if version != NO_MODELS:
        read_version(home, version)
        _refuse_traces(home, version)
    promotions.record(home / FOLDER, version, why)
    for other in versions(home):
        if other != version and holds_traces(home, other):
            shutil.rmtree(_folder(home, other), ignore_errors=True)


def holds_traces(home: Path, version: str) -> bool:
    """Return whether `version` was trained on data of readers who have been forgotten since."""
    return version != NO_MODELS and (_folder(home, version) / TRACES).exists()


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
            found="traces", remedy="train a new one with `shortlist train`",
        )  # fmt: skip


def rollback(home: Path) -> str:
    """Return to the version that was in use before, and return its name. Raises `UsageError` if there is none."""
    before = promotions.version_before(history(home))
    promote(home, before, promotions.ROLLED_BACK)
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


def _folder(home: Path, version: str) -> Path:
    if not version or version.startswith(".") or "/" in version:
        raise UsageError("bad version", expected="a name without `/`", found=repr(version), remedy="correct the name")
    return home / FOLDER / VERSIONS / version
