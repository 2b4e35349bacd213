"""Checksums, locks and durable writes of backup files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from shortlist.core.errors import HomeLocked


class BackupFile(BaseModel):
    """Size in bytes and SHA-256 of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


@contextmanager
def locked(path: Path, problem: str) -> Iterator[None]:
    """Hold the lock file at `path`. Raises `HomeLocked` with `problem` at once if another process has it."""
    try:
        with FileLock(path, timeout=0, mode=0o600):
            yield
    except Timeout as error:
        raise HomeLocked(
            problem, expected="one at a time", found=str(path), remedy="wait until it has finished and try again"
        ) from error


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
