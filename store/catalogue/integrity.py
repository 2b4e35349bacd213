"""Integrity checks of the database, and of every record against its stored hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, update

from shortlist.core.errors import HomeDamaged
from shortlist.store.catalogue.articles import Articles
from shortlist.store.catalogue.base import CatalogueTable, next_revision
from shortlist.store.catalogue.rows import Content, article_content, video_content
from shortlist.store.catalogue.videos import Videos
from shortlist.store.lock import WriterLock
from shortlist.store.sql.database import Database
from shortlist.store.sql.schema import articles, enrichments, removed_videos, segments, videos

PAGE = 500


@dataclass(frozen=True, slots=True)
class DamagedRecord:
    """A video or article that differs from its hash. `readable` is true if it is still a valid record."""

    table: Table
    id: str
    readable: bool

    def __str__(self) -> str:
        state = "differs from what was stored" if self.readable else "cannot be read"
        return f"{self.id!r} in {self.table.name} {state}"


class Integrity(CatalogueTable):
    """Find damage that reading a record does not notice, and prepare damaged records for the next ingest."""

    def __init__(self, database: Database, lock: WriterLock, videos: Videos, articles: Articles) -> None:
        super().__init__(database, lock)
        self._videos, self._articles = videos, articles

    def problems(self) -> list[str]:
        """Return the problems found, one line each. Reads everything."""
        try:
            with self._database.snapshot():
                return [*self._database.problems(), *self._orphans(), *map(str, self.damaged_records())]
        except HomeDamaged as error:
            return [str(error)]

    def damaged_records(self) -> list[DamagedRecord]:
        """Return every video and article that differs from its hash. Raises `HomeDamaged` for a broken file."""
        with self._database.snapshot():
            return [
                *self._damaged(videos, lambda ids: _contents(self._videos.get_many(ids), video_content)),
                *self._damaged(articles, lambda ids: _contents(self._articles.get_many(ids), article_content)),
            ]

    def clear_damaged(self) -> list[DamagedRecord]:
        """Mark damaged records so that the next ingest replaces them, remove unreadable ones, and return all of them.

        Needs the writer lock. Rebuild derived state afterwards.
        """
        damaged = self.damaged_records()
        with self._changing_content() as connection:
            for record in damaged:
                row = record.table.c.id == record.id
                if record.readable:
                    connection.execute(update(record.table).where(row).values(content_sha=""))
                    continue
                connection.execute(delete(record.table).where(row))
                revision = next_revision(connection)
                if record.table is videos:
                    connection.execute(insert(removed_videos).values(id=record.id, revision=revision))
            for part in (segments, enrichments):
                connection.execute(delete(part).where(_orphaned(part)))
        return damaged

    def _orphans(self) -> list[str]:
        with self._database.reading() as connection:
            orphans = sum(
                connection.scalar(select(func.count()).select_from(part).where(_orphaned(part))) or 0
                for part in (segments, enrichments)
            )
        return [f"{orphans} rows belong to no video"] if orphans else []

    def _damaged(self, table: Table, read: Callable[[Sequence[str]], Mapping[str, Content]]) -> Iterator[DamagedRecord]:
        with self._database.reading() as connection:
            rows = connection.execute(select(table.c.id, table.c.content_sha).order_by(table.c.id))
            shas = {row.id: row.content_sha for row in rows}
        ids = list(shas)
        for start in range(0, len(ids), PAGE):
            page = ids[start : start + PAGE]
            found = _readable(page, read)
            for id_ in page:
                if id_ not in found or found[id_].sha != shas[id_]:
                    yield DamagedRecord(table, id_, id_ in found)


def _orphaned(part: Table) -> ColumnElement[bool]:
    return ~select(videos.c.id).where(videos.c.id == part.c.video_id).exists()


def _contents(records: Mapping[str, Any], content: Callable[[Any], Content]) -> dict[str, Content]:
    return {id_: content(record) for id_, record in records.items()}


def _readable(ids: Sequence[str], read: Callable[[Sequence[str]], Mapping[str, Content]]) -> dict[str, Content]:
    try:
        return dict(read(ids))
    except HomeDamaged:  # one by one, to find the damaged records
        found: dict[str, Content] = {}
        for id_ in ids:
            try:
                found.update(read([id_]))
            except HomeDamaged:
                continue
        return found
