"""Checksums of the files of a folder: written with them, and compared before they are used."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

CHUNK = 1 << 20
REMEMBERED = 4096  # files


class FileChecksum(BaseModel):
    """Size in bytes and CRC-32 of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    crc: int


def checksums_of(folder: Path, names: Iterable[str] | None = None) -> dict[str, FileChecksum]:
    """Return the checksums of the files in `folder` and below, or of those in `names`, by path relative to it."""
    chosen = names or sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {name: FileChecksum(size=(folder / name).stat().st_size, crc=_crc_of(folder / name)) for name in chosen}


def first_changed(folder: Path, files: Mapping[str, FileChecksum]) -> str | None:
    """Return the name of the first of `files` that is not what was written, or None.

    A process reads each file once, and again if the file system says that it has changed. Raises `FileNotFoundError` if
    one is missing.
    """
    found = ((name, file, folder / name) for name, file in files.items())
    return next((name for name, file, path in found if not _is_intact(path, file)), None)


def _is_intact(path: Path, file: FileChecksum) -> bool:
    return path.stat().st_size == file.size and _crc_of(path) == file.crc


def _crc_of(path: Path) -> int:
    stat = path.stat()
    return _read_crc(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@lru_cache(REMEMBERED)
def _read_crc(path: Path, *_version: int) -> int:
    """Read the file at `path`: about 2 GB a core-second from the cache of the system."""
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc
