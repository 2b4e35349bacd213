"""A database that is one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Table, create_engine, event, text
from sqlalchemy.dialects.sqlite import Insert, insert
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from shortlist.core.errors import HomeDamaged, StateError
from shortlist.store.permissions import create_private
from shortlist.store.sql.database import Database
from shortlist.store.sql.sqlite_errors import translate

BUSY_TIMEOUT_S = 30.0
MAX_PROBLEMS = 20  # of one file

# NORMAL with WAL loses nothing when a process is killed. A power cut may lose the last transactions, never the file.
# 8 MB of pages: each connection of a server has its own cache, and the system caches the file anyway.
PRAGMAS = ("synchronous = NORMAL", "foreign_keys = ON", "cache_size = -8192")


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


# SQLite does not wait if two connections switch a new file to WAL at the same time.
RETRY_IF_BUSY = Retrying(
    retry=retry_if_exception(_is_busy), stop=stop_after_delay(BUSY_TIMEOUT_S), wait=wait_fixed(0.01), reraise=True
)


class SqliteDatabase(Database):
    """The SQLite file at `path`.

    If its rows have checksums (`checked`), text that is not UTF-8 is read, too: the checksum finds the damage.
    """

    BEGIN_READING = "BEGIN"
    BEGIN_WRITING = "BEGIN IMMEDIATE"
    FIRST_READ = "SELECT count(*) FROM sqlite_schema"

    def __init__(self, path: Path, if_damaged: str, *, checked: bool = False) -> None:
        self.path = path
        self.name = str(path)
        self.if_damaged = if_damaged
        url = URL.create("sqlite", database=str(path))
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=16)
        event.listen(engine, "do_connect", lambda *_: create_private(path))  # its -wal and -shm get the same mode
        event.listen(engine, "connect", _configure)
        if checked:
            event.listen(engine, "connect", _read_any_text)
        super().__init__(engine)

    @contextmanager
    def erasing(self) -> Iterator[Connection]:
        """Run `writing`, and overwrite what it deletes with zeros."""
        with self.writing() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
            yield connection

    def wipe(self) -> bool:
        """Rewrite the file without free pages, and empty its log. Takes as long as a copy of the file.

        Raises `StateError` if another process reads for longer than `BUSY_TIMEOUT_S`.
        """
        if not self.path.exists():
            return True
        with self._engine.connect() as connection:  # VACUUM cannot run in a transaction
            connection.exec_driver_sql("VACUUM")
            busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            raise StateError(
                f"cannot empty the log of {self.name}",
                expected="no transaction of another process",
                found=f"one that lasts longer than {BUSY_TIMEOUT_S:g} s",
                remedy="run the command again when it has ended",
            )
        return True

    def exclusive(self, doing: str) -> AbstractContextManager[None]:
        """Do nothing: the writer lock of the folder is enough."""
        return nullcontext()

    def require_exclusive(self) -> None:
        """Do nothing."""

    def backup(self, version: int) -> Path:
        """Write the file NAME.vVERSION in the same folder."""
        copy = self.path.with_name(f"{self.path.stem}.v{version}{self.path.suffix}")
        self.copy_to(copy)
        return copy

    def copy_to(self, path: Path) -> None:
        """Write a copy of the newest state to `path`, all or nothing. Replaces an older file."""
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with self._engine.connect() as connection:  # VACUUM cannot run in a transaction
            connection.execute(text("VACUUM INTO :path"), {"path": str(unfinished)})
        unfinished.replace(path)

    def problems(self) -> list[str]:
        """Run SQLite's integrity check. Return an empty list if there is no file yet."""
        if not self.path.exists():
            return []
        try:
            with self.reading() as connection:
                found = [str(line) for line in connection.scalars(text(f"PRAGMA integrity_check({MAX_PROBLEMS})"))]
        except HomeDamaged as error:
            return [error.found]
        return [] if found == ["ok"] else found

    def insert(self, table: Table) -> Insert:
        """Return an INSERT in SQLite's dialect."""
        return insert(table)

    def translate(self, error: BaseException) -> StateError | None:
        """Look up SQLite's result code."""
        return translate(error, self.path, self.if_damaged)

    def delete(self) -> None:
        """Close and remove the file. The next use creates a new one."""
        self.close()
        self._prepared = False
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves: the driver would start transactions too late
    RETRY_IF_BUSY(connection.execute, "PRAGMA journal_mode = WAL")
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _read_any_text(connection: Any, _record: object) -> None:
    connection.text_factory = lambda text: text.decode(errors="surrogateescape")
