"""What readers like, in words: made from their events, so it can be made again."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import func, select

from core.types import Made
from store.part import Part
from store.schema import events, tastes


class Tastes(Part):
    """Tastes: put, read. They are no content: no revision rises, no lock is needed."""

    def put_taste(self, user_id: str, sentence: Made, tags: Sequence[str], n_events: int) -> None:
        """Keep what `user_id` likes, made when there were `n_events` events; replaces what was kept before."""
        row = {
            "user_id": user_id, "sentence": sentence.value, "made_by": sentence.made_by, "tags": json.dumps(list(tags)),
            "n_events": n_events,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(self._database.replace(tastes, row))

    def taste(self, user_id: str) -> tuple[Made, tuple[str, ...]] | None:
        """The sentence and the tags of what `user_id` likes, where they were made."""
        with self._database.reading() as connection:
            row = connection.execute(select(tastes).where(tastes.c.user_id == user_id)).one_or_none()
        return (Made(row.sentence, row.made_by), tuple(json.loads(row.tags))) if row else None

    def tastes_made(self) -> dict[str, tuple[str, int]]:
        """Who made each reader's taste, and of how many events."""
        with self._database.reading() as connection:
            rows = connection.execute(select(tastes.c.user_id, tastes.c.made_by, tastes.c.n_events))
            return {row.user_id: (row.made_by, row.n_events) for row in rows}

    def event_counts(self) -> dict[str, int]:
        """How many events every reader with any has, by id in order."""
        counted = select(events.c.user_id, func.count()).group_by(events.c.user_id).order_by(events.c.user_id)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(counted)}
