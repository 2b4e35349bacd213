"""The chat threads of the catalogue."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete, insert, select

from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.sql.schema import messages

MAX_MESSAGES = 500  # of a thread; a chat uses fewer


class Threads(CatalogueTable):
    """Chat threads by name."""

    def add(self, name: str, message: dict[str, Any]) -> None:
        """Add `message`, a JSON object, to the thread `name`. Only the newest `MAX_MESSAGES` are stored."""
        of_thread = messages.c.thread == name
        newest = select(messages.c.seq).where(of_thread).order_by(messages.c.seq.desc())
        with self._database.writing() as connection:
            connection.execute(insert(messages).values(thread=name, message=json.dumps(message)))
            oldest = connection.scalar(newest.offset(MAX_MESSAGES - 1).limit(1))
            if oldest is not None:
                connection.execute(delete(messages).where(of_thread, messages.c.seq < oldest))

    def get(self, name: str, newest: int = MAX_MESSAGES) -> list[dict[str, Any]]:
        """Return the `newest` messages of the thread `name`, oldest first; empty for a new thread."""
        statement = select(messages.c.message).where(messages.c.thread == name).order_by(messages.c.seq.desc())
        with self._database.reading() as connection:
            return [json.loads(message) for message in connection.scalars(statement.limit(newest))][::-1]
