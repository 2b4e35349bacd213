"""Checksums and durable writes of backup files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class BackupFile(BaseModel):
    """Size in bytes and SHA-256 of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


def unused_name(folder: Path, name: str) -> Path:
    """Return `folder`/`name`, with a number if that exists."""
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}"
    return path


def describe(path: Path) -> BackupFile:
    """Read the file at `path`, and flush it to disk."""
    with path.open("rb") as file:
        sha = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return BackupFile(size=path.stat().st_size, sha256=sha)


def write_durably(path: Path, content: bytes) -> None:
    """Write `content` to `path` and flush it to disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Flush new names in `folder` to disk, on POSIX systems."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
