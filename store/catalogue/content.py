"""Write content: new and changed records get one new revision, all others are left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, delete, insert, literal, select, tuple_

from shortlist.store.catalogue.base import next_revision
from shortlist.store.catalogue.records import Put
from shortlist.store.catalogue.rows import Content
from shortlist.store.sql.database import Database
from shortlist.store.sql.dialect import among

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


def put_content(connection: Connection, table: Table, contents: Sequence[Content]) -> Put:
    """Write `contents` to `table` and to the tables of their parts, as if one after the other.

    A record replaces its old self. One with the hash it already has is not written, and when there are only
    such ones the revision stays as it is.
    """
    put, fresh = _sort_out(connection, table, contents)
    if fresh:
        _replace(connection, table, fresh, next_revision(connection))
    return put


def _sort_out(connection: Connection, table: Table, contents: Sequence[Content]) -> tuple[Put, list[Content]]:
    known = select(table.c.id, table.c.content_sha).where(among(table.c.id, (content.id for content in contents)))
    stored = {row.id: row.content_sha for row in connection.execute(known)}
    current = dict(stored)
    put = Put()
    for content in contents:
        before = current.get(content.id)
        put += Put(new=before is None, changed=before not in (None, content.sha), unchanged=before == content.sha)
        current[content.id] = content.sha
    latest = {content.id: content for content in contents}
    return put, [content for content in latest.values() if stored.get(content.id) != content.sha]


def _replace(connection: Connection, table: Table, fresh: Sequence[Content], revision: int) -> None:
    # Deleting takes the rows of the parts along (ON DELETE CASCADE).
    connection.execute(delete(table).where(among(table.c.id, (content.id for content in fresh))))
    connection.execute(insert(table), [{**content.own, "revision": revision} for content in fresh])
    for part in fresh[0].parts:
        rows = [row for content in fresh for row in content.parts[part]]
        if rows:
            connection.execute(insert(part), rows)
