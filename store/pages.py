"""Reading a table of content in the order of its revisions, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, literal, select, tuple_

from shortlist.store.database import Database

PAGE = 1000
AFTER_ALL = "\U0010ffff"  # sorts after every id: it is not printable, so no id holds it

T = TypeVar("T")


def by_revision(
    database: Database, table: Table, after: int, restore: Callable[[Connection, Sequence[Row[Any]]], Sequence[T]]
) -> Iterator[tuple[int, T]]:
    """(revision, record) of every row with a revision above `after`, ordered by revision, then id.

    `restore` makes the records of one page of rows, one a row, from one state of the database. No read stays
    open while the caller works; only inside a snapshot do all pages show the same state.
    """
    place = (after, AFTER_ALL)
    while True:
        later = tuple_(table.c.revision, table.c.id) > tuple_(literal(place[0]), literal(place[1]))
        page = select(table).where(later).order_by(table.c.revision, table.c.id).limit(PAGE)
        with database.reading() as connection:
            rows = connection.execute(page).all()
            records = restore(connection, rows)
        if not rows:
            return
        yield from zip((row.revision for row in rows), records, strict=True)
        place = (rows[-1].revision, rows[-1].id)
