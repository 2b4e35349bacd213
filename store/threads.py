"""The chat threads of the catalogue."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select

from store.part import Part
from store.schema import messages


class Threads(Part):
    """Threads: append, read."""

    def append_thread(self, name: str, message: dict[str, Any]) -> None:
        """Add `message`, a JSON object, to the thread called `name`."""
        with self._database.writing() as connection:
            connection.execute(insert(messages).values(thread=name, message=json.dumps(message)))

    def thread(self, name: str) -> list[dict[str, Any]]:
        """The messages of the thread called `name`, oldest first; empty for a new one."""
        said = select(messages.c.message).where(messages.c.thread == name).order_by(messages.c.seq)
        with self._database.reading() as connection:
            return [json.loads(message) for message in connection.scalars(said)]
