"""The base of the catalogue's tables, and the counters in `meta`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select, update

from shortlist.core.errors import HomeDamaged
from shortlist.store.lock import WriterLock
from shortlist.store.sql.database import Database
from shortlist.store.sql.schema import meta

INDEXED = "indexed by"  # and the index's id: how far each index follows


class CatalogueTable:
    """One table of the catalogue, with the rows that belong to it."""

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


def read_number(connection: Connection, key: str, new: int | None = None) -> int:
    """The whole number stored in `meta` under `key`; `new`, if given, where there is none."""
    value = connection.scalar(select(meta.c.value).where(meta.c.key == key))
    if value is None and new is not None:
        return new
    try:
        return int(value or "")
    except ValueError as error:
        raise HomeDamaged(
            "the catalogue's counters are damaged",
            expected=f"a whole number as {key}",
            found=repr(value),
            remedy="put back a backup of the catalogue",
        ) from error


def write_number(connection: Connection, key: str, number: int) -> None:
    """Store `number` in `meta` under `key`, which exists."""
    connection.execute(update(meta).where(meta.c.key == key).values(value=str(number)))
