"""The base of the catalogue's tables, and the counters in `meta`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select, update

from shortlist.core.errors import HomeDamaged
from shortlist.store.lock import WriterLock
from shortlist.store.sql.database import Database
from shortlist.store.sql.schema import meta

INDEXED = "indexed by"  # and the index's id: the key of the revision that the index has


class CatalogueTable:
    """A table of the catalogue, with the tables that belong to it."""

    def __init__(self, database: Database, lock: WriterLock) -> None:
        self._database = database
        self._lock = lock

    @contextmanager
    def _changing_content(self) -> Iterator[Connection]:
        self._lock.require()
        with self._database.writing() as connection:
            yield connection


def next_revision(connection: Connection) -> int:
    """Raise the revision by one, in the transaction that changes content."""
    revision = read_number(connection, "revision") + 1
    write_number(connection, "revision", revision)
    return revision


def read_number(connection: Connection, key: str, default: int | None = None) -> int:
    """Return the whole number in `meta` under `key`, or `default` if there is none. Raises `HomeDamaged`."""
    value = connection.scalar(select(meta.c.value).where(meta.c.key == key))
    if value is None and default is not None:
        return default
    try:
        return int(value or "")
    except ValueError as error:
        raise HomeDamaged(
            "the catalogue's counters are damaged",
            expected=f"a whole number as {key}",
            found=repr(value),
            remedy="restore a backup of the catalogue",
        ) from error


def write_number(connection: Connection, key: str, number: int) -> None:
    """Store `number` in `meta` under an existing `key`."""
    connection.execute(update(meta).where(meta.c.key == key).values(value=str(number)))
