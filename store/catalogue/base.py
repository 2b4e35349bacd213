"""What the parts of the catalogue share: the database, the writer lock and the counters in `meta`."""

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
    """One concern of the catalogue over one database."""

    def __init__(self, database: Database, lock: WriterLock, ledger: str) -> None:
        self._database = database
        self._lock = lock
        self._ledger = ledger  # where in `meta` it stands how far this home's documents follow

    @contextmanager
    def _changing_content(self) -> Iterator[Connection]:
        self._lock.require()
        with self._database.writing() as connection:
            yield connection

    def revision(self) -> int:
        """The revision of the newest change of content; 0 before the first."""
        with self._database.reading() as connection:
            return read_number(connection, "revision")

    def delivered(self) -> int:
        """The revision up to which Chroma follows, as far as the catalogue knows."""
        with self._database.reading() as connection:
            return read_number(connection, self._ledger, new=0)

    def set_delivered(self, revision: int) -> None:
        """Note that Chroma follows up to `revision`."""
        with self._database.writing() as connection:
            connection.execute(self._database.replace(meta, {"key": self._ledger, "value": str(revision)}))

    def indexed(self, index_id: str) -> int:
        """The revision up to which the index with this id follows, as far as the catalogue knows."""
        with self._database.reading() as connection:
            return read_number(connection, f"{INDEXED} {index_id}", new=0)

    def set_indexed(self, index_id: str, revision: int) -> None:
        """Note, before it is so, that this index follows up to `revision`."""
        row = {"key": f"{INDEXED} {index_id}", "value": str(revision)}
        with self._database.writing() as connection:
            connection.execute(self._database.replace(meta, row))


def next_revision(connection: Connection) -> int:
    """Raise the revision by one, in the transaction that changes content."""
    revision = read_number(connection, "revision") + 1
    write_number(connection, "revision", revision)
    return revision


def read_number(connection: Connection, key: str, new: int | None = None) -> int:
    """The whole number kept in `meta` under `key`; `new` where nothing is yet and that is no damage."""
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
    """Keep `number` in `meta` under `key`, which exists."""
    connection.execute(update(meta).where(meta.c.key == key).values(value=str(number)))
