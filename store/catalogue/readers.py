"""Readers, descriptions of their tastes, and their objectives. They are not content: no revision, no writer lock."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Row, delete, func, insert, select

from shortlist.core.errors import UnknownReader
from shortlist.core.types import Attributed, Objective, Reader
from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.results import Put
from shortlist.store.catalogue.rows import from_micros, reader_of, reader_row, to_micros
from shortlist.store.sql.dialect import PARAMETER, in_list, in_parameter
from shortlist.store.sql.schema import events, objectives, readers, tastes

NEAREST = 3
PAGE = 10_000
NO_INTERESTS = "[]"
EMPTY = {"part": "none", "name": "", "amount": 0.0}  # the row of an objective without entries
MAX_INT32 = 2**31 - 1  # the column is an INTEGER of 32 bits on PostgreSQL


_OBJECTIVES = select(objectives).where(in_parameter(objectives.c.user_id))
_BY_ID = select(readers).where(in_parameter(readers.c.id))


class Readers(CatalogueTable):
    """The readers."""

    def put(self, new_readers: Sequence[Reader]) -> Put:
        """Store readers in one transaction. A reader with a known id replaces the stored one."""
        put = Put()
        with self._database.writing() as connection:
            known = select(readers).where(in_list(readers.c.id, (reader.id for reader in new_readers)))
            current = {row.id: reader_of(row) for row in connection.execute(known)}
            for reader in new_readers:
                before = current.get(reader.id)
                put += Put(new=before is None, changed=before not in (None, reader), unchanged=before == reader)
                current[reader.id] = reader
            if put.new or put.changed:
                connection.execute(delete(readers).where(in_list(readers.c.id, current)))
                connection.execute(insert(readers), [reader_row(reader) for reader in current.values()])
        return put

    def get(self, user_id: str) -> Reader:
        """Return the reader. Raises `UnknownReader` with the nearest known ids if there is none with this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(readers).where(readers.c.id == user_id)).one_or_none()
        if row is None:
            raise UnknownReader(user_id, _nearest(user_id, list(self.ids())))
        return reader_of(row)

    def get_many(self, user_ids: Iterable[str]) -> dict[str, Reader]:
        """Return the readers with these ids, by id. Unknown ids are left out."""
        with self._database.reading() as connection:
            rows = connection.execute(_BY_ID, {PARAMETER: list(user_ids)})
            return {row.id: reader_of(row) for row in rows}

    def ids(self) -> Iterator[str]:
        """Return the ids of all readers, sorted."""
        return (row.id for row in self._iter_rows(readers.c.id))

    def page(self, after: str, limit: int) -> list[Reader]:
        """Return at most `limit` readers whose ids follow `after`, by id."""
        page = select(readers).where(readers.c.id > after).order_by(readers.c.id).limit(limit)
        with self._database.reading() as connection:
            return [reader_of(row) for row in connection.execute(page)]

    def content_hash(self) -> str:
        """Return the SHA-256 of the ids and interests of all readers."""
        digest = hashlib.sha256()
        for row in self._iter_rows(readers.c.id, readers.c.interests):
            digest.update(f"{row.id}\0{row.interests}\0".encode())
        return digest.hexdigest()

    def _iter_rows(self, *columns: Column[Any]) -> Iterator[Row[Any]]:
        last = ""
        while True:
            page = select(*columns).where(readers.c.id > last).order_by(readers.c.id).limit(PAGE)
            with self._database.reading() as connection:
                rows = list(connection.execute(page))
            if not rows:
                return
            yield from rows
            last = rows[-1].id


def _nearest(user_id: str, known: Sequence[str]) -> tuple[str, ...]:
    from rapidfuzz import fuzz, process

    found = process.extract(user_id, known, scorer=fuzz.ratio, processor=str.casefold, limit=NEAREST)
    return tuple(match for match, _, _ in found)


class Tastes(CatalogueTable):
    """Descriptions of the tastes of readers: a sentence and tags."""

    def put(self, user_id: str, sentence: Attributed, tags: Sequence[str], described: int) -> None:
        """Store the description of a reader. Replaces an older one. `described` is the reader's number in `inputs`."""
        row = {
            "user_id": user_id, "sentence": sentence.value, "made_by": sentence.made_by, "tags": json.dumps(list(tags)),
            "n_events": described,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(self._database.replace(tastes, row))

    def get(self, user_id: str) -> tuple[Attributed, tuple[str, ...]] | None:
        """Return the sentence and the tags that describe `user_id`, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(tastes).where(tastes.c.user_id == user_id)).one_or_none()
        return (Attributed(row.sentence, row.made_by), tuple(json.loads(row.tags))) if row else None

    def made(self) -> dict[str, tuple[str, int]]:
        """Return (author, number in `inputs` at that time) of every description, by reader id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(tastes.c.user_id, tastes.c.made_by, tastes.c.n_events))
            return {row.user_id: (row.made_by, row.n_events) for row in rows}

    def inputs(self) -> dict[str, int]:
        """Return, for every reader with events or interests, a number that changes with them."""
        counted = select(events.c.user_id, func.count().label("n")).group_by(events.c.user_id).subquery()
        known = select(readers.c.id, readers.c.interests, func.coalesce(counted.c.n, 0).label("n"))
        known = known.select_from(readers.outerjoin(counted, counted.c.user_id == readers.c.id)).order_by(readers.c.id)
        with self._database.reading() as connection:
            numbers = {row.id: _input(row.n, row.interests) for row in connection.execute(known)}
        return {user_id: number for user_id, number in numbers.items() if number}


class Objectives(CatalogueTable):
    """What readers want of every list, as they say it themselves."""

    def put(self, user_id: str, objective: Objective) -> None:
        """Store the objective of a reader, which replaces the older one. Raises `UnknownReader`.

        An empty one is a row, too, so that `stored_at` has its time.
        """
        parts = (
            *(("category", name, amount) for name, amount in objective.categories),
            *(("channel", name, amount) for name, amount in objective.channels),
            *([("length", "", objective.length_s)] if objective.length_s else ()),
        )
        now = to_micros(datetime.now(UTC))
        rows = [
            {"user_id": user_id, "part": part, "name": name, "amount": amount, "at": now}
            for part, name, amount in parts
        ]
        with self._database.writing() as connection:
            if connection.scalar(select(readers.c.id).where(readers.c.id == user_id)) is None:
                raise UnknownReader(user_id, ())
            connection.execute(delete(objectives).where(objectives.c.user_id == user_id))
            connection.execute(insert(objectives), rows or [{"user_id": user_id, **EMPTY, "at": now}])

    def get_many(self, user_ids: Sequence[str]) -> dict[str, Objective]:
        """Return the objectives of those of `user_ids` that have one, by id."""
        parts: dict[str, dict[str, list[tuple[str, float]]]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(_OBJECTIVES, {PARAMETER: list(user_ids)}):
                parts.setdefault(row.user_id, {}).setdefault(row.part, []).append((row.name, row.amount))
        return {user_id: _objective(own) for user_id, own in parts.items() if EMPTY["part"] not in own}

    def stored_at(self, user_id: str) -> datetime | None:
        """Return when the reader's objective was stored last; None if it never was."""
        with self._database.reading() as connection:
            return from_micros(
                connection.scalar(select(func.max(objectives.c.at)).where(objectives.c.user_id == user_id))
            )


def _objective(parts: Mapping[str, Sequence[tuple[str, float]]]) -> Objective:
    categories, channels = (tuple(sorted(parts.get(part, ()))) for part in ("category", "channel"))
    return Objective(categories, channels, next((seconds for _, seconds in parts.get("length", ())), None))


def _input(n_events: int, interests: str) -> int:
    """Return the number of events, plus a checksum of the interests if any: older homes stored only the number."""
    return n_events if interests == NO_INTERESTS else (n_events + zlib.crc32(interests.encode())) & MAX_INT32
