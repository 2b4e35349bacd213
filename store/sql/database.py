"""A database: connections, transactions and snapshots. What only SQLite or PostgreSQL does has a module of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, ExceptionContext, MetaData, Table, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite

from shortlist.core.errors import ShortlistError

Insert = sqlite.Insert | postgresql.Insert


class Database(ABC):
    """A database, opened at first use, safe to share between threads.

    Every error of the driver leaves here as one of ours: `StateError` (disk full, not writable, busy), `HomeDamaged`,
    or `ServiceError` where a server cannot be reached. `name` says in messages which one it is, and holds no secret.
    `if_damaged` is what a person should do when it is damaged.
    """

    BEGIN_READING: ClassVar[str]
    BEGIN_WRITING: ClassVar[str]
    FIRST_READ: ClassVar[str]  # fixes the state that a reading transaction sees

    name: str
    if_damaged: str

    def __init__(self, engine: Engine) -> None:
        event.listen(engine, "begin", _begin)
        event.listen(engine, "handle_error", self._translate)
        self._engine = engine
        self._readers = engine.execution_options(begin=self.BEGIN_READING)
        self._writers = engine.execution_options(begin=self.BEGIN_WRITING)
        self._pinned = threading.local()
        self._prepared = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state: the thread's snapshot where there is one, else the newest."""
        pinned: Connection | None = getattr(self._pinned, "connection", None)
        if pinned is not None:
            yield pinned
        else:
            with self._readers.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any error. A snapshot does not see what it writes.

        They follow each other: a second one waits, and what it counts up is larger than what the first one counted.
        """
        with self._writers.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Until the end, every `reading` of this thread sees the state of this moment. May be nested."""
        with self.reading() as connection:
            outer: Connection | None = getattr(self._pinned, "connection", None)
            connection.execute(text(self.FIRST_READ))
            self._pinned.connection = connection
            try:
                yield
            finally:
                self._pinned.connection = outer

    @abstractmethod
    def alone(self, doing: str) -> AbstractContextManager[None]:
        """Until the end, no other home over this database writes content. `HomeLocked` at once where one does."""

    @abstractmethod
    def require_alone(self) -> None:
        """Raise unless what `alone` began still holds."""

    @abstractmethod
    def copied(self, version: int) -> Path | None:
        """A copy of the newest state, made before it leaves schema `version`; None where a server keeps it."""

    @abstractmethod
    def problems(self) -> list[str]:
        """What the database's own check finds, one line each; empty when all is well."""

    @abstractmethod
    def insert(self, table: Table) -> Insert:
        """INSERT in this database's own words."""

    @abstractmethod
    def translated(self, error: BaseException) -> ShortlistError | None:
        """What an `error` of the driver means for a person; None for what can only be a bug of ours."""

    def insert_new(self, table: Table) -> Insert:
        """INSERT that passes over rows that are there."""
        return self.insert(table).on_conflict_do_nothing()

    def replace(self, table: Table, row: Mapping[str, Any]) -> Insert:
        """INSERT of `row` that replaces the one with the same primary key."""
        return self.insert(table).values(row).on_conflict_do_update(index_elements=table.primary_key, set_=row)

    def upsert(self, table: Table) -> Insert:
        """INSERT of any number of rows, each replacing the one with the same primary key."""
        new = self.insert(table)
        others = {column.name: new.excluded[column.name] for column in table.columns if not column.primary_key}
        return new.on_conflict_do_update(index_elements=table.primary_key, set_=others)

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

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def _translate(self, context: ExceptionContext) -> None:
        if context.is_pre_ping:
            return  # the pool connects anew
        error = self.translated(context.original_exception)
        if error is not None:
            raise error from context.original_exception


def _begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get("begin")
    if begin:
        connection.exec_driver_sql(begin)
