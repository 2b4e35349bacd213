"""The readers of the catalogue. They are no content: they raise no revision and need no writer lock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Row, delete, insert, select

from shortlist.core.errors import UnknownReader
from shortlist.core.types import Reader
from shortlist.store.part import Part
from shortlist.store.records import Put
from shortlist.store.rows import reader_of, reader_row
from shortlist.store.schema import readers
from shortlist.store.sql import among

NEAREST = 3
PAGE = 10_000


class Readers(Part):
    """Readers: put, read."""

    def put_readers(self, new_readers: Sequence[Reader]) -> Put:
        """Store readers in one transaction; one with the id of a known reader replaces it."""
        put = Put()
        with self._database.writing() as connection:
            known = select(readers).where(among(readers.c.id, (reader.id for reader in new_readers)))
            current = {row.id: reader_of(row) for row in connection.execute(known)}
            for reader in new_readers:
                before = current.get(reader.id)
                put += Put(new=before is None, changed=before not in (None, reader), unchanged=before == reader)
                current[reader.id] = reader
            if put.new or put.changed:
                connection.execute(delete(readers).where(among(readers.c.id, current)))
                connection.execute(insert(readers), [reader_row(reader) for reader in current.values()])
        return put

    def reader(self, user_id: str) -> Reader:
        """The reader; `UnknownReader` with the nearest known ids if there is none with this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(readers).where(readers.c.id == user_id)).one_or_none()
        if row is None:
            raise UnknownReader(user_id, _nearest(user_id, list(self.reader_ids())))
        return reader_of(row)

    def readers(self, user_ids: Iterable[str]) -> dict[str, Reader]:
        """Those of `user_ids` that are known, by id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(readers).where(among(readers.c.id, user_ids)))
            return {row.id: reader_of(row) for row in rows}

    def reader_ids(self) -> Iterator[str]:
        """The ids of all readers, sorted."""
        return (row.id for row in self._iter_rows(readers.c.id))

    def readers_hash(self) -> str:
        """sha256 of the ids and interests of all readers: another one where a reader came, went or changed."""
        whole = hashlib.sha256()
        for row in self._iter_rows(readers.c.id, readers.c.interests):
            whole.update(f"{row.id}\0{row.interests}\0".encode())
        return whole.hexdigest()

    def _iter_rows(self, *columns: Column[Any]) -> Iterator[Row[Any]]:
        last = ""
        while True:
            page = select(*columns).where(readers.c.id > last).order_by(readers.c.id).limit(PAGE)
            with self._database.reading() as connection:
                rows = list(connection.execute(page))
            if not rows:
                return
            yield from rows
            last = rows[-1].id


def _nearest(user_id: str, known: Sequence[str]) -> tuple[str, ...]:
    from rapidfuzz import fuzz, process

    found = process.extract(user_id, known, scorer=fuzz.ratio, processor=str.casefold, limit=NEAREST)
    return tuple(match for match, _, _ in found)
