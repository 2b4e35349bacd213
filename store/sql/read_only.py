"""The catalogue of a published snapshot: an SQLite file that nothing writes and that may be exchanged."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn

from sqlalchemy import Engine, create_engine, event

from shortlist.core.errors import ReadOnlyHome
from shortlist.store.sql.database import Database
from shortlist.store.sql.sqlite import SqliteDatabase

CACHE_PAGES = "PRAGMA cache_size = -8192"  # 8 MB, as of a catalogue that is written


class ReadOnlyDatabase(SqliteDatabase):
    """The SQLite file at `path`, until `use` exchanges it. Every write raises `ReadOnlyHome`."""

    read_only = True

    def __init__(self, path: Path, if_damaged: str) -> None:
        self.path = path
        self.name = str(path)
        self.if_damaged = if_damaged
        Database.__init__(self, _engine(path))

    def use(self, path: Path) -> None:
        """Read the file at `path` from now on. Transactions in progress end on the file before."""
        before = self._engine
        self._set_engine(_engine(path))
        self.path, self.name = path, str(path)
        before.dispose()

    def writing(self) -> NoReturn:
        """Raise `ReadOnlyHome`."""
        raise read_only("the catalogue of a published snapshot cannot be written")

    def exclusive(self, doing: str) -> AbstractContextManager[None]:
        """Raise `ReadOnlyHome`."""
        raise read_only(f"the home cannot be changed ({doing})")


def read_only(problem: str) -> ReadOnlyHome:
    """Return the error for a home that follows snapshots and so cannot do what `problem` says."""
    return ReadOnlyHome(
        problem, expected="a home that can be written", found="one that follows published snapshots (store.snapshot)",
        remedy="do it on the machine that publishes; servers store events if store.catalogue is a PostgreSQL database",
    )  # fmt: skip


def _engine(path: Path) -> Engine:
    # Immutable: SQLite takes no locks and looks for no log, so the file may be in a folder that cannot be written.
    url = f"sqlite:///file:{path.absolute()}?mode=ro&immutable=1&uri=true"
    engine = create_engine(url, pool_size=16)
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # we send BEGIN ourselves
    connection.execute(CACHE_PAGES)  # type: ignore[attr-defined]
