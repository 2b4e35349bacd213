"""The manifest, which lists the segments of the index at one revision. It is replaced as a whole."""

from __future__ import annotations

import os
import uuid
import zlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shortlist.core.errors import HomeDamaged
from shortlist.core.types import Kind
from shortlist.retrieval.checksums import FileChecksum

FORMAT = 6
MANIFEST = "manifest.json"
REMEDY = "run `shortlist doctor rebuild`"


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
    newest segment folder; numbers are not used again. `crc` is the checksum of all other fields, once it is written.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    home_id: str
    encoder: str
    id: str = Field(default_factory=lambda: uuid.uuid4().hex)
    revision: int = 0
    serial: int = 0
    entries: tuple[SegmentEntry, ...] = ()
    crc: int = 0

    @property
    def expected_crc(self) -> int:
        """The CRC-32 of the other fields."""
        return zlib.crc32(self.model_dump_json(exclude={"crc"}).encode())


def read_manifest(folder: Path, home_id: str, encoder: str) -> Manifest:
    """Return the manifest in `folder`, or that of an empty index if there is none.

    Raises `HomeDamaged` if it is damaged, has another format, or belongs to another home or encoder.
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
    if manifest.crc != manifest.expected_crc:
        raise HomeDamaged("damaged index manifest", expected="what was written", found="another", remedy=REMEDY)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in `folder` atomically, also with respect to a crash."""
    fresh = folder / f"{MANIFEST}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(manifest.model_copy(update={"crc": manifest.expected_crc}).model_dump_json())
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
