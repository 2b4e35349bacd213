"""A cache table whose rows have checksums. A damaged row counts as missing and is never used."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, MetaData, Row, Select, Table, and_, delete, inspect, select

from shortlist.core.errors import HomeDamaged
from shortlist.store.sql.database import Database
from shortlist.store.sql.sqlite import SqliteDatabase

PAGE = 1000

log = logging.getLogger(__name__)


class CheckedTable:
    """`table`, whose last column is `crc`, in `database`. It is created at first use.

    A cache has no part in snapshots: what a thread writes inside of one, it reads there, whatever the database.
    """

    def __init__(self, database: Database, table: Table) -> None:
        self._database = database
        self._table = table
        self._columns = [column for column in table.columns if column.name != "crc"]
        self._prepared = False

    @property
    def name(self) -> str:
        """The name of the database, without secrets."""
        return self._database.name

    def read(self, condition: ColumnElement[bool]) -> list[Row[Any]]:
        """Return the undamaged rows that satisfy `condition`. Log the number of damaged ones."""
        self.prepare()
        with self._database.newest() as connection:
            rows = connection.execute(self._select().where(condition)).all()
        intact = [row for row in rows if _is_intact(row)]
        if damaged := len(rows) - len(intact):
            log.warning("%d damaged rows of %s are not used: run `shortlist doctor rebuild`", damaged, self.name)
        return intact

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write `rows`, each by column name. A row replaces the one with the same primary key."""
        if not rows:
            return
        self.prepare()
        checked = [{**row, "crc": _crc([row[column.name] for column in self._columns])} for row in rows]
        with self._database.writing() as connection:
            connection.execute(self._database.upsert(self._table), checked)

    def erase(self, condition: ColumnElement[bool]) -> int:
        """Delete the rows that satisfy `condition`, overwrite them, and return their number."""
        self.prepare()
        with self._database.erasing() as connection:
            return connection.execute(delete(self._table).where(condition)).rowcount

    def problems(self) -> list[str]:
        """Return the problems of the file and the number of damaged rows. Reads everything."""
        found = self._database.problems()
        if found:
            return found
        try:
            damaged = sum(1 for _ in self._damaged())
        except HomeDamaged as error:
            return [error.found]
        return [f"{damaged:,} damaged rows in {self._table.name}"] if damaged else []

    def repair(self) -> None:
        """Delete the damaged rows, or the whole file if it cannot be read or damage remains."""
        if not self._database.problems():
            try:
                self._delete(list(self._damaged()))
            except (HomeDamaged, UnicodeEncodeError) as error:
                log.warning("%s is deleted: %s", self.name, error)
        if isinstance(self._database, SqliteDatabase) and self.problems():
            self._database.delete()
            self._prepared = False

    def prepare(self) -> None:
        """Create the table if it does not exist. Add checksums to a table of an older version."""
        if self._prepared:
            return
        metadata: MetaData = self._table.metadata
        self._database.prepare(metadata)
        with self._database.newest() as connection:
            old = "crc" not in {column["name"] for column in inspect(connection).get_columns(self._table.name)}
        if old:
            self._add_checksums()
        self._prepared = True

    def _select(self) -> Select[Any]:
        columns: Sequence[ColumnElement[Any]] = [*self._columns, self._table.c.crc]
        return select(*columns)

    def _add_checksums(self) -> None:
        names = ", ".join(column.name for column in self._columns)
        with self._database.writing() as connection:
            if "crc" in {column["name"] for column in inspect(connection).get_columns(self._table.name)}:
                return  # another process was faster
            driver: Any = connection.connection.driver_connection
            driver.create_function("checksum", len(self._columns), lambda *values: _crc(values))
            connection.exec_driver_sql(f"ALTER TABLE {self._table.name} ADD COLUMN crc BIGINT NOT NULL DEFAULT 0")
            connection.exec_driver_sql(f"UPDATE {self._table.name} SET crc = checksum({names})")

    def _damaged(self) -> Iterator[Row[Any]]:
        self.prepare()
        with self._database.newest() as connection:
            for page in connection.execute(self._select()).partitions(PAGE):
                yield from (row for row in page if not _is_intact(row))

    def _delete(self, rows: Sequence[Row[Any]]) -> None:
        keys = self._table.primary_key.columns
        with self._database.writing() as connection:
            for row in rows:
                connection.execute(delete(self._table).where(and_(*(key == row._mapping[key.name] for key in keys))))


def _is_intact(row: Row[Any]) -> bool:
    return bool(_crc(row[:-1]) == row[-1])


def _crc(values: Sequence[Any]) -> int:
    """Return the CRC-32 of texts and bytes."""
    encoded = (value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape") for value in values)
    return zlib.crc32(b"\0".join(encoded))
