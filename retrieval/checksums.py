"""Whether the files of a segment still are what was written.

A segment's files never change, so a file with the size and time of change that were noted is believed without being
read; any other is compared by its checksum. `shortlist doctor` compares all of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

CHUNK = 1 << 20


class Written(BaseModel):
    """One file as it was written: bytes, time of change in nanoseconds, CRC-32."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    changed_ns: int
    crc: int


def as_written(folder: Path) -> dict[str, Written]:
    """Every file of `folder`, by name."""
    return {path.name: _written(path) for path in sorted(folder.iterdir())}


def first_changed(folder: Path, files: Mapping[str, Written], *, thorough: bool = False) -> str | None:
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


def _written(path: Path) -> Written:
    stat = path.stat()
    return Written(size=stat.st_size, changed_ns=stat.st_mtime_ns, crc=_crc(path))


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc
