"""Writing content: what is new or changed goes in under one new revision, everything else is left alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, insert, select

from shortlist.store.part import next_revision
from shortlist.store.records import Put
from shortlist.store.rows import Content
from shortlist.store.sql import among


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
