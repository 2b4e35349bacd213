"""Write content and read it by revision. New and changed records get one new revision, others keep theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, delete, insert, literal, select, tuple_

from shortlist.store.catalogue.base import next_revision
from shortlist.store.catalogue.results import Put
from shortlist.store.catalogue.rows import Content
from shortlist.store.sql.database import Database
from shortlist.store.sql.dialect import in_list

PAGE = 1000
AFTER_ALL = "\U0010ffff"  # sorts after every id: it is not printable, so no id contains it

T = TypeVar("T")


def by_revision(
    database: Database, table: Table, after: int, restore: Callable[[Connection, Sequence[Row[Any]]], Sequence[T]]
) -> Iterator[tuple[int, T]]:
    """Yield (revision, record) for every row with a revision above `after`, by revision, then id.

    `restore` returns the records of one page of rows, in the same order. No read stays open between pages: only in a
    snapshot do all pages show the same state.
    """
    last = (after, AFTER_ALL)
    while True:
        later = tuple_(table.c.revision, table.c.id) > tuple_(literal(last[0]), literal(last[1]))
        page = select(table).where(later).order_by(table.c.revision, table.c.id).limit(PAGE)
        with database.reading() as connection:
            rows = connection.execute(page).all()
            records = restore(connection, rows)
        if not rows:
            return
        yield from zip((row.revision for row in rows), records, strict=True)
        last = (rows[-1].revision, rows[-1].id)


def put_content(connection: Connection, table: Table, contents: Sequence[Content]) -> Put:
    """Write `contents` to `table` and to the tables of their parts, as if one after the other.

    A record replaces the stored one with its id. Records with an unchanged hash are not written. If all are unchanged,
    the revision stays.
    """
    put, updated = _compare(connection, table, contents)
    if updated:
        _replace(connection, table, updated, next_revision(connection))
    return put


def _compare(connection: Connection, table: Table, contents: Sequence[Content]) -> tuple[Put, list[Content]]:
    known = select(table.c.id, table.c.content_sha).where(in_list(table.c.id, (content.id for content in contents)))
    stored = {row.id: row.content_sha for row in connection.execute(known)}
    current = dict(stored)
    put = Put()
    for content in contents:
        before = current.get(content.id)
        put += Put(new=before is None, changed=before not in (None, content.sha), unchanged=before == content.sha)
        current[content.id] = content.sha
    latest = {content.id: content for content in contents}
    return put, [content for content in latest.values() if stored.get(content.id) != content.sha]


def _replace(connection: Connection, table: Table, updated: Sequence[Content], revision: int) -> None:
    # ON DELETE CASCADE deletes the rows of the parts.
    connection.execute(delete(table).where(in_list(table.c.id, (content.id for content in updated))))
    connection.execute(insert(table), [{**content.own, "revision": revision} for content in updated])
    for part in updated[0].parts:
        rows = [row for content in updated for row in content.parts[part]]
        if rows:
            connection.execute(insert(part), rows)
