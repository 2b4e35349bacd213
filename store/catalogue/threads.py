"""The chat threads of the catalogue."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete, insert, select

from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.sql.schema import messages

KEPT = 500  # messages of a thread; a chat looks back at fewer


class Threads(CatalogueTable):
    """Chat threads by name."""

    def add(self, name: str, message: dict[str, Any]) -> None:
        """Add `message`, a JSON object, to the thread called `name`, of which only the newest `KEPT` stay."""
        of_thread = messages.c.thread == name
        newest = select(messages.c.seq).where(of_thread).order_by(messages.c.seq.desc())
        with self._database.writing() as connection:
            connection.execute(insert(messages).values(thread=name, message=json.dumps(message)))
            oldest_kept = connection.scalar(newest.offset(KEPT - 1).limit(1))
            if oldest_kept is not None:
                connection.execute(delete(messages).where(of_thread, messages.c.seq < oldest_kept))

    def get(self, name: str, newest: int = KEPT) -> list[dict[str, Any]]:
        """The `newest` messages of the thread called `name`, oldest first; empty for a new one."""
        said = select(messages.c.message).where(messages.c.thread == name).order_by(messages.c.seq.desc())
        with self._database.reading() as connection:
            return [json.loads(message) for message in connection.scalars(said.limit(newest))][::-1]
