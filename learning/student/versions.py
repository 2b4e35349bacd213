"""The students of a home, as versions of a registry of their own."""

from __future__ import annotations

from pathlib import Path

from shortlist.agent.students.student import STUDENT, load_student
from shortlist.core.config import AUTO, Config, RerankConfig
from shortlist.core.config import STUDENT as METHOD
from shortlist.core.errors import ModelMissing
from shortlist.retrieval.trained.versions import FOLDER as TRAINED
from shortlist.store.registry.decisions import NO_MODELS, ROLLED_BACK, version_before
from shortlist.store.registry.folder_registry import FolderRegistry

FOLDER = "students"
REMEDY = "train another with `shortlist train student`, or return with `shortlist models rollback --student`"


def registry(home: Path) -> FolderRegistry:
    """Return the registry of the students of a home."""
    return FolderRegistry(home / TRAINED / FOLDER, REMEDY)


def promote(home: Path, version: str, why: str) -> None:
    """Use the student `version` from now on; `NO_MODELS` uses none. Raises `ModelMissing` if it does not load."""
    if version != NO_MODELS:
        load_student(registry(home).open(version), threads=1)
    registry(home).promote(version, why)


def rollback(home: Path) -> str:
    """Return to the student that was in use before, and return its name. Raises `UsageError` if there is none."""
    before = version_before(registry(home).history())
    promote(home, before, ROLLED_BACK)
    return before


def folder_of(config: Config) -> Path | None:
    """Return the folder of the student that `config` uses; None if it uses none.

    `rerank.student` is a folder, a version or none. If it is unset, the promoted version is used. Raises `HomeDamaged`
    for a damaged version.
    """
    version = _version(config)
    students = registry(config.home)
    if version == NO_MODELS:
        return None
    return students.open(version) if version in students.names() else Path(version).expanduser()


def rerank_config(config: Config) -> RerankConfig:
    """Return `config.rerank`; if its method is auto and there is a student, with the method student."""
    if config.rerank.method == AUTO and _version(config) != NO_MODELS:
        return config.rerank.model_copy(update={"method": METHOD})
    return config.rerank


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
            found=str(folder), remedy="correct rerank.student, or make one with `shortlist train student`",
        ) from error  # fmt: skip


def _version(config: Config) -> str:
    named = config.rerank.student
    return registry(config.home).champion() if named is None else named
