"""The manifest of a snapshot, which lists its files and their blocks, and the pointer to the snapshots of a place."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import PurePosixPath
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shortlist.core.errors import HomeDamaged
from shortlist.retrieval.index.index import FOLDER as INDEXES
from shortlist.retrieval.trained.versions import FOLDER as TRAINED
from shortlist.store.home_files import CATALOGUE

FORMAT: Literal[1] = 1
BLOCK = 1 << 20  # bytes: a page that changes in a file of SQLite sends a block again
BLOCKS, SNAPSHOTS, CURRENT = "blocks", "snapshots", "current.json"
REMEDY = "run `shortlist ops publish --verify` on the machine that publishes: it sends damaged files again"

NUMBER_DIGITS = 8

T = TypeVar("T", bound=BaseModel)


class BlockList(BaseModel):
    """A file: its size in bytes, and the SHA-256 of each `BLOCK` of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    blocks: tuple[str, ...]


class Manifest(BaseModel):
    """A snapshot of one home at one revision. `files` are by path; if the catalogue is on a server, it is not one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    number: int
    created: datetime
    home_id: str
    encoder: str
    schema_version: int
    revision: int
    files: dict[str, BlockList]

    @field_validator("files")
    @classmethod
    def _paths(cls, files: dict[str, BlockList]) -> dict[str, BlockList]:
        """Refuse paths that a follower must not write."""
        for name in files:
            path = PurePosixPath(name)
            is_known = name == CATALOGUE or path.parts[0] in (INDEXES, TRAINED)
            if path.is_absolute() or ".." in path.parts or str(path) != name or not is_known:
                raise ValueError(f"{name!r} does not belong to a snapshot")
        return files

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.files.values())

    @property
    def blocks(self) -> set[str]:
        """The names of the blocks of all files."""
        return {f"{BLOCKS}/{sha}" for file in self.files.values() for sha in file.blocks}


class Reference(BaseModel):
    """A snapshot: the name of its manifest, and the SHA-256 of the manifest's text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[0-9]{8,}-[0-9a-f]{12}\.json$")
    sha256: str


class Pointer(BaseModel):
    """The snapshots of a place, newest first. The first one is current; what is in none of them may be deleted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    snapshots: tuple[Reference, ...] = Field(min_length=1)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def parsed(kind: type[T], content: bytes, name: str) -> T:
    """Parse the JSON of a manifest or pointer. Raises `HomeDamaged`."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise damaged(name, str(error).splitlines()[-2].strip()) from error


def damaged(name: str, found: str) -> HomeDamaged:
    """Return the error for a damaged file of a snapshot. `found` is the symptom."""
    return HomeDamaged(f"{name} is damaged", expected="what was published", found=found, remedy=REMEDY)
