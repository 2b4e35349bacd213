"""Erase readers, videos and articles, each in one transaction.

An erasure leaves a mark in `meta` until everything derived from the erased rows is gone, too. The mark holds the id at
first, so that an interrupted erasure can go on. `settle` replaces it by one without ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, or_, select
from sqlalchemy import Text as PlainText

from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.erasure.item_data import erase_item, item_exists, publish_removal
from shortlist.store.catalogue.erasure.personal_data import erase_reader, reader_exists
from shortlist.store.catalogue.erasure.subject import READER, SUBJECT_KINDS, Erased, Subject
from shortlist.store.catalogue.events import mark_removal
from shortlist.store.sql.dialect import in_list
from shortlist.store.sql.schema import catalogue, meta, removed_videos

ERASED = "erased"  # with the kind and the id: a key in `meta`; its value has the numbers of erased rows by table
LOCATIONS = "at"  # in that value: the locations of a video
BACKUPS = "backups"  # in that value: what becomes of the backups
UNWIPED = "erased and not wiped"  # a key in `meta`; its value is the receipt so far


class Erasures(CatalogueTable):
    """The erasures that are not finished."""

    def exists(self, subject: Subject) -> bool:
        """Return whether any table has rows of the subject."""
        with self._database.reading() as connection:
            return holds(connection, subject)

    def erase(self, subject: Subject, backups: str = "keep") -> Erased:
        """Delete all rows of the subject and leave a mark, in one transaction. Needs the writer lock.

        The mark remembers what is asked of the `backups`, for the run that completes an interrupted one.
        The deleted bytes are overwritten in a SQLite file. Its log still holds them until `Home.wipe`.
        """
        self._lock.require()
        with self._database.erasing() as connection:
            erased = erase(connection, subject)
            if subject.kind != READER:
                publish_removal(connection, subject)
            value = json.dumps({**erased.rows, LOCATIONS: dict(erased.locations), BACKUPS: backups})
            connection.execute(self._database.replace(meta, {"key": _key(subject), "value": value}))
            mark_removal(connection, self._database)
        return erased

    def erased(self) -> dict[Subject, Erased]:
        """Return what was erased of each subject whose derived data may still exist, without texts."""
        found = {}
        with self._database.reading() as connection:
            for row in connection.execute(select(meta).where(_is_mark())):
                rows = json.loads(row.value)
                places, backups = rows.pop(LOCATIONS, {}), rows.pop(BACKUPS, "keep")
                found[_subject_of(row.key)] = Erased(rows, locations=places, backups=backups)
        return found

    def settle(self, receipt: Mapping[str, Any], *, drop_tombstones: bool) -> None:
        """Replace all marks by one without ids, which holds `receipt`.

        `drop_tombstones` deletes the tombstones of the erased videos, which other homes of the catalogue may need.
        """
        with self._database.erasing() as connection:
            if drop_tombstones:
                marked = map(_subject_of, connection.scalars(select(meta.c.key).where(_is_mark())))
                ids = [one.id for one in marked if one.kind == "video"]
                connection.execute(delete(removed_videos).where(in_list(removed_videos.c.id, ids)))
            connection.execute(delete(meta).where(_is_mark()))
            mark = {"key": UNWIPED, "value": json.dumps(receipt)}
            connection.execute(self._database.replace(meta, mark))

    def settled(self) -> dict[str, Any] | None:
        """Return the receipt of `settle` until `finish`, else None."""
        with self._database.reading() as connection:
            value = connection.scalar(select(meta.c.value).where(meta.c.key == UNWIPED))
        return None if value is None else dict(json.loads(value))

    def is_unfinished(self) -> bool:
        """Return whether an erasure was interrupted before `finish`."""
        marks = select(meta.c.key).where(_is_mark() | (meta.c.key == UNWIPED)).limit(1)
        with self._database.reading() as connection:
            return connection.scalar(marks) is not None

    def finish(self) -> None:
        """Delete the last mark. Call it when the files are wiped."""
        with self._database.erasing() as connection:
            connection.execute(delete(meta).where(meta.c.key == UNWIPED))

    def iterate_texts(self) -> Iterator[tuple[str, str]]:
        """Yield ("table.column", value) for every text in the catalogue."""
        for table in catalogue.sorted_tables:
            columns = [column for column in table.columns if isinstance(column.type, PlainText)]
            with self._database.reading() as connection:
                for row in connection.execute(select(*columns)):
                    for column, value in zip(columns, row, strict=True):
                        if value is not None:
                            yield str(column), value


def holds(connection: Connection, subject: Subject) -> bool:
    """Return whether the catalogue has rows of the subject."""
    return reader_exists(connection, subject.id) if subject.kind == READER else item_exists(connection, subject)


def erase(connection: Connection, subject: Subject) -> Erased:
    """Delete all rows of the subject."""
    return erase_reader(connection, subject.id) if subject.kind == READER else erase_item(connection, subject)


def _key(subject: Subject) -> str:
    return f"{ERASED} {subject.kind} {subject.id}"


def _subject_of(key: str) -> Subject:
    kind = next(kind for kind in SUBJECT_KINDS if key.startswith(f"{ERASED} {kind} "))
    return Subject(kind, key.removeprefix(f"{ERASED} {kind} "))


def _is_mark() -> ColumnElement[bool]:
    return or_(*(meta.c.key.startswith(f"{ERASED} {kind} ") for kind in SUBJECT_KINDS))
