"""Versions of students in a home: each an immutable folder, one of them promoted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shortlist.agent.students.student import STUDENT, load_student
from shortlist.core.config import Config
from shortlist.core.errors import ModelMissing
from shortlist.retrieval.trained import promotions
from shortlist.retrieval.trained.promotions import NO_MODELS
from shortlist.retrieval.trained.versions import FOLDER as TRAINED

FOLDER, VERSIONS, RECEIPT = "students", "versions", "receipt.json"


def registry(home: Path) -> Path:
    """Return the folder of a home that holds its students and the history of promotions."""
    return home / TRAINED / FOLDER


def new_folder(home: Path, name: str) -> Path:
    """Return an empty folder for the files of a new version, which is none before `finish`."""
    folder = registry(home) / VERSIONS / f".{name}.partial"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def finish(home: Path, name: str, folder: Path, receipt: Mapping[str, Any]) -> None:
    """Make `folder`, from `new_folder`, the version `name`: after a kill, it is there completely or not at all."""
    (folder / RECEIPT).write_text(json.dumps(receipt, indent=1) + "\n", encoding="utf-8")
    folder.replace(registry(home) / VERSIONS / name)


def receipts(home: Path) -> dict[str, dict[str, Any]]:
    """Return the receipts of all complete versions by name, oldest first."""
    paths = (registry(home) / VERSIONS).glob(f"[!.]*/{RECEIPT}")
    found = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    return dict(sorted(found.items(), key=lambda one: str(one[1]["at"])))


def promote(home: Path, version: str, why: str) -> None:
    """Use the student `version` from now on; `NO_MODELS` uses none. Raises `ModelMissing` if it does not load."""
    if version != NO_MODELS:
        load_student(registry(home) / VERSIONS / version, threads=1)
    promotions.record(registry(home), version, why)


def rollback(home: Path) -> str:
    """Return to the student that was in use before, and return its name. Raises `UsageError` if there is none."""
    before = promotions.version_before(promotions.history(registry(home)))
    promote(home, before, promotions.ROLLED_BACK)
    return before


def folder_of(config: Config) -> Path | None:
    """Return the folder of the student that `config` uses; None if it uses none.

    `rerank.student` is a folder, a version or none. If it is unset, the promoted version is used.
    """
    named = config.rerank.student
    version = promotions.current(registry(config.home)) if named is None else named
    if version == NO_MODELS:
        return None
    known = registry(config.home) / VERSIONS / version
    return known if (known / STUDENT).is_file() else Path(version).expanduser()


def identity(config: Config) -> str:
    """Return what decides the student's scores: the name of its folder and when its weights were written."""
    folder = folder_of(config)
    if folder is None:
        return NO_MODELS
    try:
        return f"{folder.resolve()} {(folder / STUDENT).stat().st_mtime_ns}"
    except OSError as error:
        raise ModelMissing(
            "there is no such student", expected="a folder or a version of `shortlist models history --student`",
            found=str(folder), remedy="correct rerank.student, or make one with `shortlist distil`",
        ) from error  # fmt: skip
