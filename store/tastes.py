"""What readers like, in words: made from their events and interests, so it can be made again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from sqlalchemy import func, select

from shortlist.core.types import Made
from shortlist.store.part import Part
from shortlist.store.schema import events, readers, tastes

NO_INTERESTS = "[]"
MOST = 2**31 - 1  # the column is an INTEGER of 32 bits on PostgreSQL


class Tastes(Part):
    """Tastes: put, read. They are no content: no revision rises, no lock is needed."""

    def put_taste(self, user_id: str, sentence: Made, tags: Sequence[str], told: int) -> None:
        """Keep what `user_id` likes, made of what was `told`; replaces what was kept before."""
        row = {
            "user_id": user_id, "sentence": sentence.value, "made_by": sentence.made_by, "tags": json.dumps(list(tags)),
            "n_events": told,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(self._database.replace(tastes, row))

    def taste(self, user_id: str) -> tuple[Made, tuple[str, ...]] | None:
        """The sentence and the tags of what `user_id` likes, where they were made."""
        with self._database.reading() as connection:
            row = connection.execute(select(tastes).where(tastes.c.user_id == user_id)).one_or_none()
        return (Made(row.sentence, row.made_by), tuple(json.loads(row.tags))) if row else None

    def tastes_made(self) -> dict[str, tuple[str, int]]:
        """Who made each reader's taste, and what it was told."""
        with self._database.reading() as connection:
            rows = connection.execute(select(tastes.c.user_id, tastes.c.made_by, tastes.c.n_events))
            return {row.user_id: (row.made_by, row.n_events) for row in rows}

    def to_tell(self) -> dict[str, int]:
        """For every reader with events or interests a number that changes whenever there is more to tell of them."""
        counted = select(events.c.user_id, func.count().label("n")).group_by(events.c.user_id).subquery()
        known = select(readers.c.id, readers.c.interests, func.coalesce(counted.c.n, 0).label("n"))
        known = known.select_from(readers.outerjoin(counted, counted.c.user_id == readers.c.id)).order_by(readers.c.id)
        with self._database.reading() as connection:
            told = {row.id: _told(row.n, row.interests) for row in connection.execute(known)}
        return {user_id: number for user_id, number in told.items() if number}


def _told(n_events: int, interests: str) -> int:
    """The number of events, as tastes have always kept it, moved by a checksum of the interests if there are any."""
    return n_events if interests == NO_INTERESTS else (n_events + zlib.crc32(interests.encode())) & MOST
