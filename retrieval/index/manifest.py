"""The manifest: which segment folders make the index of one revision. Replaced as a whole, never edited."""

from __future__ import annotations

import os
import uuid
import zlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shortlist.core.errors import HomeDamaged
from shortlist.core.types import Kind

CHUNK = 1 << 20
FORMAT = 4
MANIFEST = "manifest.json"
REMEDY = "run `shortlist rebuild`"


class FileChecksum(BaseModel):
    """One file as it was written: bytes, time of change in nanoseconds, CRC-32."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    changed_ns: int
    crc: int


def as_written(folder: Path) -> dict[str, FileChecksum]:
    """Every file of `folder`, by name."""
    return {path.name: _written(path) for path in sorted(folder.iterdir())}


def first_changed(folder: Path, files: Mapping[str, FileChecksum], *, thorough: bool = False) -> str | None:
    """The first of `files` that is not what was written, or None; `thorough` reads every one.

    Raises `FileNotFoundError` where one is gone.
    """
    for name, file in files.items():
        path = folder / name
        stat = path.stat()
        untouched = (stat.st_size, stat.st_mtime_ns) == (file.size, file.changed_ns)
        if (thorough or not untouched) and (stat.st_size != file.size or _crc(path) != file.crc):
            return name
    return None


def _written(path: Path) -> FileChecksum:
    stat = path.stat()
    return FileChecksum(size=stat.st_size, changed_ns=stat.st_mtime_ns, crc=_crc(path))


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


class SegmentEntry(BaseModel):
    """One segment folder: its rows and their dimensions, its files, and the rows that are tombstones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    rows: int
    dim: int
    files: dict[str, FileChecksum]
    dead: tuple[int, ...] = ()


class Manifest(BaseModel):
    """The index at one (home_id, revision), with vectors of one encoder.

    `id` is drawn when an index is begun anew. `entries` are oldest first; `serial` numbers the folders ever made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    home_id: str
    encoder: str
    id: str = Field(default_factory=lambda: uuid.uuid4().hex)
    revision: int = 0
    serial: int = 0
    entries: tuple[SegmentEntry, ...] = ()


def read_manifest(folder: Path, home_id: str, encoder: str) -> Manifest:
    """The manifest in `folder`; one of an empty index where there is none yet.

    Raises `HomeDamaged` where it cannot be read, has another format, or belongs to another home or encoder.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return Manifest(home_id=home_id, encoder=encoder)
    except (ValidationError, OSError) as error:
        problem = str(error).splitlines()[0]
        raise HomeDamaged("unreadable index manifest", expected="JSON", found=problem, remedy=REMEDY) from error
    expected = (FORMAT, home_id, encoder)
    found = (manifest.format, manifest.home_id, manifest.encoder)
    if found != expected:
        raise HomeDamaged("foreign index", expected=f"{expected}", found=f"{found}", remedy=REMEDY)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in `folder`: after a crash at any point the old or the new one is there, complete."""
    fresh = folder / f"{MANIFEST}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MANIFEST)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
