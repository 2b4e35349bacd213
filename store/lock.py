"""The writer lock: one process writes content, a second one is refused at once.

It is a lock of the operating system, which frees it when the process dies. If the catalogue is on a server, other homes
may write to it, so a lock of the server is held as well. The file `writer.json` names the process that writes. It is
only read for messages, so a stale one does no harm.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import NoReturn

from filelock import FileLock, Timeout

from shortlist.core.errors import HomeLocked, StateError
from shortlist.store.sql.database import Database
from shortlist.store.sql.read_only import read_only
from shortlist.store.sql.sqlite_errors import os_error


@contextmanager
def locked(path: Path, problem: str, remedy: str = "wait until it has finished and try again") -> Iterator[None]:
    """Hold the lock file at `path`. The system frees it when the process dies.

    Raises `HomeLocked` with `problem` and `remedy` at once if another process or thread has it.
    """
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise HomeLocked(problem, expected="one at a time", found=str(path), remedy=remedy) from error
    try:
        yield
    finally:
        lock.release()


class WriterLock:
    """The lock of the home at `folder` over `database`. It is reentrant for the thread that holds it."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._database = database
        self._lock = FileLock(folder / "writer.lock", timeout=0, mode=0o600)
        self._note = folder / "writer.json"

    @contextmanager
    def hold(self, doing: str) -> Iterator[bool]:
        """Hold the lock; `doing` is the reason to show to others. Yields true for the outermost hold of the thread.

        Raises `HomeLocked` at once if another process or thread has it, `StateError` if the file cannot be locked.
        """
        outermost = not self._lock.is_locked
        self._acquire()
        try:
            with self._database.exclusive(doing) if outermost else nullcontext():
                if outermost:
                    self._write_note(doing)
                yield outermost
        finally:
            if outermost:
                with suppress(OSError):
                    self._note.unlink()
            self._lock.release()

    def require(self) -> None:
        """Raise `StateError` unless this thread holds the lock, `ServiceError` if the server's lock was lost."""
        if not self._lock.is_locked:
            raise StateError(
                "content written outside of the writer lock",
                expected="`with home.writing():` around it",
                found="no lock",
                remedy="this is a bug, please report it",
            )
        self._database.require_exclusive()

    def _acquire(self) -> None:
        try:
            self._lock.acquire()
        except Timeout as error:
            raise HomeLocked(
                "the home is being written by another process",
                expected="one writer at a time",
                found=self._holder(),
                remedy="wait until it has finished and run the command again",
            ) from error
        except OSError as error:
            raise os_error(self._note, error) from error

    def _write_note(self, doing: str) -> None:
        with suppress(OSError):  # the note is not essential: the disk may be full
            self._note.write_text(json.dumps({"pid": os.getpid(), "doing": doing}))

    def _holder(self) -> str:
        try:
            note = json.loads(self._note.read_text())
            return f"process {note['pid']} ({note['doing']})"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"


class NoWriterLock(WriterLock):
    """The lock of a home that follows published snapshots: nobody can hold it."""

    def hold(self, doing: str) -> NoReturn:
        """Raise `ReadOnlyHome`."""
        raise read_only(f"the home cannot be changed ({doing})")
