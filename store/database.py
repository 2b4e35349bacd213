"""One SQLite file: connections, transactions and snapshots. Every error of SQLite leaves here as one of ours."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, func, select, text
from sqlalchemy.sql import ColumnElement, TableValuedAlias

from store.failures import translated

BUSY_TIMEOUT_S = 30.0

# NORMAL with WAL loses nothing when a process is killed; a power cut may cost the last transactions, never the file.
PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -65536")


class Database:
    """The SQLite file at `path`, opened at first use, safe to share between threads.

    Every method may raise `StateError` (disk full, not writable, busy) or `HomeDamaged`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)
        self._writers = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        self._pinned = threading.local()

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

    def copy_to(self, path: Path) -> None:
        """Write a copy of the newest state to `path`, which is either complete or not there; replaces an older one."""
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM INTO :path"), {"path": str(unfinished)})
        unfinished.replace(path)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def listed(values: Iterable[str]) -> TableValuedAlias:
    """`values` as a table with one column `value`. They travel as one JSON parameter, so there may be any number."""
    return func.json_each(json.dumps(list(values))).table_valued("value")


def among(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`column IN values`, for any number of values."""
    return column.in_(select(listed(values).c.value))


def _engine(path: Path) -> Engine:
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
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    @event.listens_for(engine, "handle_error")
    def _translate(context: ExceptionContext) -> None:
        error = translated(context.original_exception, path)
        if error is not None:
            raise error from context.original_exception

    return engine
