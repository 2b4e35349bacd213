"""Connections, transactions and snapshots of a database. SQLite and PostgreSQL each have a subclass."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Connection, Engine, ExceptionContext, MetaData, Table, event, inspect

from shortlist.core.errors import ShortlistError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

    Insert = sqlite.Insert | postgresql.Insert


class Database(ABC):
    """A database, opened at first use. Threads may share it.

    Driver errors are raised as `StateError` (disk full, not writable, busy), `HomeDamaged`, or `ServiceError` if a
    server cannot be reached. `name` identifies the database in messages and contains no secret. `if_damaged` is the
    remedy to show if it is damaged.
    """

    BEGIN_READING: ClassVar[str]
    BEGIN_WRITING: ClassVar[str]
    FIRST_READ: ClassVar[str]  # starts the snapshot of a reading transaction

    name: str
    if_damaged: str
    read_only: bool = False

    def __init__(self, engine: Engine) -> None:
        self._set_engine(engine)
        self._pinned = threading.local()
        self._prepared = False

    def _set_engine(self, engine: Engine) -> None:
        event.listen(engine, "begin", _begin)
        event.listen(engine, "handle_error", self._raise_translated)
        self._engine = engine
        self._readers = engine.execution_options(begin=self.BEGIN_READING)
        self._writers = engine.execution_options(begin=self.BEGIN_WRITING)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state: the thread's snapshot if there is one, else the newest."""
        pinned: Connection | None = getattr(self._pinned, "connection", None)
        if pinned is not None:
            yield pinned
        else:
            with self.newest() as connection:
                yield connection

    @contextmanager
    def newest(self) -> Iterator[Connection]:
        """Yield a connection that sees the newest state, also inside of a snapshot of this thread."""
        with self._readers.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Run one transaction: committed at the end, rolled back on any error. Snapshots do not see its changes.

        Writing transactions run one after the other, so sequence numbers follow the order of commits.
        """
        with self._writers.begin() as connection:
            yield connection

    @contextmanager
    def erasing(self) -> Iterator[Connection]:
        """Run `writing`. What it deletes is overwritten, where the database can do that."""
        with self.writing() as connection:
            yield connection

    def wipe(self) -> bool:
        """Rewrite the database without deleted bytes and old logs. Return whether it can do that: a server cannot."""
        return False

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Make every `reading` of this thread see the current state until the end. May be nested."""
        if getattr(self._pinned, "connection", None) is not None:
            yield
            return
        with self.reading() as connection:
            connection.exec_driver_sql(self.FIRST_READ)
            self._pinned.connection = connection
            try:
                yield
            finally:
                self._pinned.connection = None

    @abstractmethod
    def exclusive(self, doing: str) -> AbstractContextManager[None]:
        """Keep other homes over this database from writing content. Raises `HomeLocked` at once if one does."""

    @abstractmethod
    def require_exclusive(self) -> None:
        """Raise `ServiceError` if the lock of `exclusive` was lost."""

    @abstractmethod
    def backup(self, version: int) -> Path | None:
        """Copy the newest state before a migration from schema `version`. Return its path, None on a server."""

    @abstractmethod
    def problems(self) -> list[str]:
        """Run the database's own check. Return one line for each problem."""

    @abstractmethod
    def insert(self, table: Table) -> Insert:
        """Return an INSERT in this database's dialect."""

    @abstractmethod
    def translate(self, error: BaseException) -> ShortlistError | None:
        """Return our error for a driver's `error`; None if it can only be a bug of ours."""

    def insert_new(self, table: Table) -> Insert:
        """Return an INSERT that skips existing rows."""
        return self.insert(table).on_conflict_do_nothing()

    def replace(self, table: Table, row: Mapping[str, Any]) -> Insert:
        """Return an INSERT of `row` that replaces the row with the same primary key."""
        return self.insert(table).values(row).on_conflict_do_update(index_elements=table.primary_key, set_=row)

    def upsert(self, table: Table) -> Insert:
        """Return an INSERT of many rows, each replacing the row with the same primary key."""
        new = self.insert(table)
        others = {column.name: new.excluded[column.name] for column in table.columns if not column.primary_key}
        return new.on_conflict_do_update(index_elements=table.primary_key, set_=others)

    def prepare(self, tables: MetaData) -> None:
        """Create `tables` if they do not exist."""
        if self._prepared:
            return
        with self.newest() as connection:
            exist = set(tables.tables) <= set(inspect(connection).get_table_names())
        if not exist:
            with self.writing() as connection:
                tables.create_all(connection)
        self._prepared = True

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _raise_translated(self, context: ExceptionContext) -> None:
        if context.is_pre_ping:
            return  # the pool reconnects
        error = self.translate(context.original_exception)
        if error is not None:
            raise error from context.original_exception


def _begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get("begin")
    if begin:
        connection.exec_driver_sql(begin)
