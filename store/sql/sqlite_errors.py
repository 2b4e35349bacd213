"""Translate SQLite errors to ours: a table from result codes to messages with a remedy."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from shortlist.core.errors import HomeDamaged, StateError

SHARED_MEMORY = 65_536  # bytes on disk that SQLite needs before it reads a file

# Our SQL is fixed, so a missing table, or text that is not UTF-8, can only mean a damaged file.
DAMAGE_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
DAMAGE_WORDS = ("no such table", "no such column", "could not decode")


def translate(error: BaseException, path: Path, if_damaged: str) -> StateError | None:
    """Return our error for an `error` of the SQLite file at `path`; None if it can only be a bug of ours.

    `if_damaged` is the remedy if the file is damaged.
    """
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code, the rest a detail
    if code in DAMAGE_CODES or any(words in str(error).lower() for words in DAMAGE_WORDS):
        return damaged(path, str(error), if_damaged)
    explain = EXPLANATIONS.get(code)
    return explain(path, str(error)) if explain else None


def os_error(path: Path, error: OSError) -> StateError:
    """Return our error for an `error` of the operating system at `path`."""
    return (no_space if error.errno in (errno.ENOSPC, errno.EDQUOT) else not_writable)(path, str(error))


def damaged(path: Path, found: str, remedy: str) -> HomeDamaged:
    """Return the error for a damaged file at `path`. `found` is the symptom."""
    return HomeDamaged(f"{path} is damaged", expected="an intact SQLite file", found=found, remedy=remedy)


def no_space(path: Path, found: str) -> StateError:
    """Return the error for a full disk that holds `path`."""
    return StateError(
        f"cannot write {path}",
        expected="free space on the disk",
        found=found,
        remedy="free some space and run the command again; nothing was half-written",
    )


def not_writable(path: Path, found: str) -> StateError:
    """Return the error for a folder of `path` that cannot be written."""
    return StateError(
        f"cannot write {path}",
        expected="a folder this user may write",
        found=found,
        remedy="correct its permissions, or choose another one with --home",
    )


def _busy(path: Path, found: str) -> StateError:
    return StateError(
        f"{path} is busy",
        expected="other processes to finish writing in time",
        found=found,
        remedy="wait a moment and run the command again",
    )


def _unreadable(path: Path, found: str) -> StateError:
    if shutil.disk_usage(path.parent).free < SHARED_MEMORY:  # SQLite needs to create a file even for reading
        return no_space(path, found)
    return StateError(
        f"cannot read or write {path}",
        expected="a disk that works",
        found=found,
        remedy="check the disk, then run `shortlist doctor`",
    )


EXPLANATIONS: dict[int, Callable[[Path, str], StateError]] = {
    sqlite3.SQLITE_FULL: no_space,
    sqlite3.SQLITE_READONLY: not_writable,
    sqlite3.SQLITE_CANTOPEN: not_writable,
    sqlite3.SQLITE_PERM: not_writable,
    sqlite3.SQLITE_BUSY: _busy,
    sqlite3.SQLITE_LOCKED: _busy,
    sqlite3.SQLITE_IOERR: _unreadable,
}
