"""Imports of histories: batches of events and articles that can be undone.

The events of a batch have the request "import:ID"; the articles that it added name it in their metadata. A batch is
written in several transactions, and is unfinished until `finish`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from shortlist.core.errors import UnknownItem
from shortlist.core.types import IMPORT_REQUEST, Reader
from shortlist.store.catalogue.base import CatalogueTable, next_revision
from shortlist.store.catalogue.events import mark_removal
from shortlist.store.catalogue.rows import EPOCH, from_micros, reader_row, to_micros
from shortlist.store.sql.schema import articles, events, imports, readers, tastes

IMPORT = "import"  # in the metadata of an article: the id of the batch that added it


@dataclass(frozen=True, slots=True)
class Batch:
    """An import: its reader and source, when it began and ended, and `content`, JSON of what was found."""

    id: int
    user_id: str
    source: str
    at: datetime
    done: datetime | None
    new_reader: bool
    content: Mapping[str, Any]

    @property
    def request_id(self) -> str:
        """The request of its events."""
        return f"{IMPORT_REQUEST}{self.id}"

    @property
    def document(self) -> dict[str, Any]:
        """The batch as JSON."""
        return {
            "id": self.id, "user_id": self.user_id, "source": self.source, "at": self.at.isoformat(),
            "finished": self.done is not None, "content": dict(self.content),
        }  # fmt: skip


class Imports(CatalogueTable):
    """The batches."""

    def begin(self, user_id: str, source: str, content: Mapping[str, Any]) -> Batch:
        """Begin a batch, and create its reader if there is none.

        An unfinished one of this reader and source goes on.
        """
        now = datetime.now(UTC)
        with self._database.writing() as connection:
            of_source = (imports.c.user_id == user_id) & (imports.c.source == source) & imports.c.done.is_(None)
            row = connection.execute(select(imports).where(of_source)).first()
            if row is None:
                known = connection.scalar(select(exists().where(readers.c.id == user_id)))
                if not known:
                    connection.execute(insert(readers), reader_row(Reader(user_id, now)))
                values = {
                    "user_id": user_id, "source": source, "at": to_micros(now), "new_reader": int(not known),
                    "content": json.dumps(content, ensure_ascii=False),
                }  # fmt: skip
                connection.execute(insert(imports).values(values))
                row = connection.execute(select(imports).where(of_source)).one()
        return _batch(row)

    def finish(self, batch: Batch) -> None:
        """Mark the batch as complete."""
        with self._database.writing() as connection:
            done = to_micros(datetime.now(UTC))
            connection.execute(update(imports).where(imports.c.id == batch.id).values(done=done))

    def all(self) -> list[Batch]:
        """Return all batches, oldest first."""
        with self._database.reading() as connection:
            return [_batch(row) for row in connection.execute(select(imports).order_by(imports.c.id))]

    def get(self, number: int) -> Batch:
        """Return the batch with this id. Raises `UnknownItem`."""
        found = {batch.id: batch for batch in self.all()}
        if number not in found:
            known = ", ".join(map(str, found)) or "no imports"
            raise UnknownItem(
                f"no import {number}",
                expected=f"one of {known}",
                found=str(number),
                remedy="run `shortlist import list`",
            )
        return found[number]

    def undo(self, batch: Batch) -> tuple[int, int]:
        """Delete the batch, its events and articles, and the reader that it created if nothing is left of them.

        What a later import uses becomes part of that one. Needs the writer lock. Return the numbers of events and
        articles.
        """
        with self._changing_content() as connection:
            of_batch = (events.c.request_id == batch.request_id) & (events.c.user_id == batch.user_id)
            removed = connection.execute(delete(events).where(of_batch)).rowcount
            texts = self._remove_articles(connection, batch)
            connection.execute(delete(imports).where(imports.c.id == batch.id))
            connection.execute(delete(tastes).where(tastes.c.user_id == batch.user_id))
            if batch.new_reader:
                _remove_reader(connection, batch.user_id)
            mark_removal(connection, self._database)
            if texts:
                next_revision(connection)
        return removed, texts

    def _remove_articles(self, connection: Connection, batch: Batch) -> int:
        own = f'"{IMPORT}": "{batch.id}"'
        of_batch = articles.c.metadata.contains(own, autoescape=True)
        for later in connection.scalars(select(imports.c.id).where(imports.c.id > batch.id).order_by(imports.c.id)):
            used = (events.c.item_id == articles.c.id) & (events.c.request_id == f"{IMPORT_REQUEST}{later}")
            theirs = func.replace(articles.c.metadata, own, f'"{IMPORT}": "{later}"')
            connection.execute(update(articles).where(of_batch, exists().where(used)).values(metadata=theirs))
        return connection.execute(delete(articles).where(of_batch)).rowcount


def _remove_reader(connection: Connection, user_id: str) -> None:
    """Delete a reader of whom nothing is known; one who has another import is created by that one."""
    other = connection.scalar(select(func.min(imports.c.id)).where(imports.c.user_id == user_id))
    if other is not None:
        connection.execute(update(imports).where(imports.c.id == other).values(new_reader=1))
        return
    unused = ~exists().where(events.c.user_id == user_id) & (readers.c.interests == "[]")
    connection.execute(delete(readers).where(readers.c.id == user_id, unused))


def _batch(row: Row[Any]) -> Batch:
    return Batch(
        row.id,
        row.user_id,
        row.source,
        EPOCH + timedelta(microseconds=row.at),
        from_micros(row.done),
        bool(row.new_reader),
        json.loads(row.content),
    )
