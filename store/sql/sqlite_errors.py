"""Where errors of SQLite become ours: one table from SQLite's result codes to what a person can do about them."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from shortlist.core.errors import HomeDamaged, StateError

SHARED_MEMORY = 65_536  # bytes that SQLite needs beside a file before it reads it

# Our own SQL is fixed, so a table that is not there, or text that is no longer UTF-8, can only mean a damaged file.
DAMAGE_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
DAMAGE_WORDS = ("no such table", "no such column", "could not decode")


def translated(error: BaseException, path: Path, if_damaged: str) -> StateError | None:
    """What an `error` of the SQLite file at `path` means for a person; None for what can only be a bug of ours.

    `if_damaged` is what to do if the file is damaged.
    """
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code, the rest a detail
    if code in DAMAGE_CODES or any(words in str(error).lower() for words in DAMAGE_WORDS):
        return damaged(path, str(error), if_damaged)
    explain = EXPLANATIONS.get(code)
    return explain(path, str(error)) if explain else None


def os_error(path: Path, error: OSError) -> StateError:
    """What an `error` of the operating system at `path` means for a person."""
    return (no_space if error.errno in (errno.ENOSPC, errno.EDQUOT) else not_writable)(path, str(error))


def damaged(path: Path, found: str, remedy: str) -> HomeDamaged:
    """The file at `path` cannot be read as what it was written as; `found` says how that showed."""
    return HomeDamaged(f"{path} is damaged", expected="an intact SQLite file", found=found, remedy=remedy)


def no_space(path: Path, found: str) -> StateError:
    """The disk that holds `path` is full."""
    return StateError(
        f"cannot write {path}",
        expected="room on the disk",
        found=found,
        remedy="free some space and run the command again; nothing was half-written",
    )


def not_writable(path: Path, found: str) -> StateError:
    """The folder of `path` cannot be written."""
    return StateError(
        f"cannot write {path}",
        expected="a folder this user may write",
        found=found,
        remedy="mend its permissions, or choose another one with --home",
    )


def _busy(path: Path, found: str) -> StateError:
    return StateError(
        f"{path} is busy",
        expected="other processes to finish writing in time",
        found=found,
        remedy="wait a moment and run the command again",
    )


def _unreadable(path: Path, found: str) -> StateError:
    if shutil.disk_usage(path.parent).free < SHARED_MEMORY:  # SQLite cannot make the file it needs even for reading
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
