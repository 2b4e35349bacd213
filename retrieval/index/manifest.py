"""The manifest, which lists the segments of the index at one revision. It is replaced as a whole."""

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
    """Size in bytes, modification time in nanoseconds, and CRC-32 of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    changed_ns: int
    crc: int


def checksums_of(folder: Path) -> dict[str, FileChecksum]:
    """Return the checksum of every file in `folder`, by name."""
    return {path.name: _checksum(path) for path in sorted(folder.iterdir())}


def first_changed(folder: Path, files: Mapping[str, FileChecksum], *, thorough: bool = False) -> str | None:
    """Return the name of the first of `files` that has changed, or None.

    Only files with another size or modification time are read; with `thorough` all are. Raises `FileNotFoundError` if a
    file is missing.
    """
    for name, file in files.items():
        path = folder / name
        stat = path.stat()
        unmodified = (stat.st_size, stat.st_mtime_ns) == (file.size, file.changed_ns)
        if (thorough or not unmodified) and (stat.st_size != file.size or _crc(path) != file.crc):
            return name
    return None


def _checksum(path: Path) -> FileChecksum:
    stat = path.stat()
    return FileChecksum(size=stat.st_size, changed_ns=stat.st_mtime_ns, crc=_crc(path))


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


class SegmentEntry(BaseModel):
    """A segment folder: number of rows, dimension of the vectors, files, and dead rows (tombstones)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    rows: int
    dim: int
    files: dict[str, FileChecksum]
    dead: tuple[int, ...] = ()


class Manifest(BaseModel):
    """The index at one revision of a home, with vectors of one encoder.

    `id` is random and changes when an index is rebuilt. `entries` are oldest first. `serial` is the number of the
    newest segment folder; numbers are not used again.
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
    """Return the manifest in `folder`, or that of an empty index if there is none.

    Raises `HomeDamaged` if it cannot be read, has another format, or belongs to another home or encoder.
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
    """Replace the manifest in `folder` atomically, also with respect to a crash."""
    fresh = folder / f"{MANIFEST}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MANIFEST)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Flush renames inside `folder` to disk, on POSIX systems."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
