"""One SQLite file: connections, transactions and snapshots. Every error of SQLite leaves here as one of ours."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    MetaData,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.sql import ColumnElement, TableValuedAlias

from core.errors import HomeDamaged
from store.failures import translated

BUSY_TIMEOUT_S = 30.0
ENOUGH = 20  # problems told of one file

# NORMAL with WAL loses nothing when a process is killed; a power cut may cost the last transactions, never the file.
PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -65536")


class Database:
    """The SQLite file at `path`, opened at first use, safe to share between threads.

    `if_damaged` is what a person should do when the file is damaged.

    Every method may raise `StateError` (disk full, not writable, busy) or `HomeDamaged`.
    """

    def __init__(self, path: Path, if_damaged: str) -> None:
        self.path = path
        self._engine = _engine(path, if_damaged)
        self._writers = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        self._pinned = threading.local()
        self._prepared = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the file: the thread's snapshot where there is one, else the newest."""
        pinned: Connection | None = getattr(self._pinned, "connection", None)
        if pinned is not None:
            yield pinned
        else:
            with self._engine.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any error. A snapshot does not see what it writes."""
        with self._writers.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Until the end, every `reading` of this thread sees the state of this moment. May be nested."""
        with self.reading() as connection:
            outer: Connection | None = getattr(self._pinned, "connection", None)
            connection.execute(text("SELECT count(*) FROM sqlite_schema"))  # SQLite fixes the state at the first read
            self._pinned.connection = connection
            try:
                yield
            finally:
                self._pinned.connection = outer

    def prepare(self, tables: MetaData) -> None:
        """Make `tables` unless they are there."""
        if self._prepared:
            return
        with self.reading() as connection:
            there = set(tables.tables) <= set(inspect(connection).get_table_names())
        if not there:
            with self.writing() as connection:
                tables.create_all(connection)
        self._prepared = True

    def copy_to(self, path: Path) -> None:
        """Write a copy of the newest state to `path`, which is either complete or not there; replaces an older one."""
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with self._engine.execution_options(begin=None).connect() as connection:  # VACUUM wants no transaction
            connection.execute(text("VACUUM INTO :path"), {"path": str(unfinished)})
        unfinished.replace(path)

    def problems(self) -> list[str]:
        """What SQLite's own check finds, one line each; empty when all is well, or where there is no file yet."""
        if not self.path.exists():
            return []
        try:
            with self.reading() as connection:
                found = [str(line) for line in connection.scalars(text(f"PRAGMA integrity_check({ENOUGH})"))]
        except HomeDamaged as error:
            return [error.found]
        return [] if found == ["ok"] else found

    def delete(self) -> None:
        """Close the file and remove it; the next use makes a new one."""
        self.close()
        self._prepared = False
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def listed(values: Iterable[str]) -> TableValuedAlias:
    """`values` as a table with one column `value`. They travel as one JSON parameter, so there may be any number."""
    return func.json_each(json.dumps(list(values))).table_valued("value")


def among(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`column IN values`, for any number of values."""
    return column.in_(select(listed(values).c.value))


def _engine(path: Path, if_damaged: str) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=16
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below: the driver's own would start too late
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        begin = connection.get_execution_options().get("begin", "BEGIN")
        if begin:
            connection.exec_driver_sql(begin)

    @event.listens_for(engine, "handle_error")
    def _translate(context: ExceptionContext) -> None:
        error = translated(context.original_exception, path, if_damaged)
        if error is not None:
            raise error from context.original_exception

    return engine
