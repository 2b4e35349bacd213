"""The catalogue: one SQL database of everything that cannot be rebuilt. One file for each of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, func, select

from shortlist.core.types import Kind
from shortlist.store.catalogue.events import Events
from shortlist.store.catalogue.ingest_log import IngestSteps, Locations
from shortlist.store.catalogue.integrity import Integrity
from shortlist.store.catalogue.keys import Keys
from shortlist.store.catalogue.readers import Readers, Tastes
from shortlist.store.catalogue.records import ContentCounts, Counts
from shortlist.store.catalogue.threads import Threads
from shortlist.store.sql.dialect import among
from shortlist.store.sql.schema import articles, enrichments, events, meta, readers, removed_videos, videos


class Catalogue(Integrity, Readers, Events, IngestSteps, Locations, Tastes, Threads, Keys):
    """All parts over one database, videos and articles included. `Home` makes it; any method may raise `StateError`."""

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """Until the end, all reads of this thread see the catalogue at the revision that is yielded."""
        with self._database.snapshot():
            yield self.revision()

    def content_counts(self) -> ContentCounts:
        """The numbers of records that have documents."""
        with self._database.snapshot(), self._database.reading() as connection:
            enriched = select(func.count()).where(enrichments.c.part == "summary")
            return ContentCounts(
                _count(connection, videos), _count(connection, articles), connection.scalar(enriched) or 0
            )

    def counts(self) -> Counts:
        """How much there is of everything."""
        with self._database.snapshot(), self._database.reading() as connection:
            content = self.content_counts()
            return Counts(
                content.videos,
                content.articles,
                content.enriched,
                _count(connection, readers),
                _count(connection, events),
                _events_of_unknown_items(connection),
            )

    def known_items(self, kind: Kind, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that are videos, or articles, of this home."""
        table = videos if kind == "video" else articles
        with self._database.reading() as connection:
            return set(connection.scalars(select(table.c.id).where(among(table.c.id, ids))))

    def state_of(self, user_id: str) -> tuple[object, ...]:
        """Another one after every change of content, and whenever this reader does something or is changed."""
        parts = (
            select(meta.c.value).where(meta.c.key == "revision"),
            select(readers.c.interests).where(readers.c.id == user_id),
            select(func.max(events.c.seq)).where(events.c.user_id == user_id),
        )
        with self._database.reading() as connection:
            return tuple(connection.execute(select(*(part.scalar_subquery() for part in parts))).one())

    def changed_since(self, revision: int) -> int:
        """How many videos and articles were put or removed after `revision`."""
        with self._database.snapshot(), self._database.reading() as connection:
            tables = (videos, articles, removed_videos)
            return sum(_count(connection, table, table.c.revision > revision) for table in tables)


def _count(connection: Connection, table: Table, *conditions: object) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]


def _events_of_unknown_items(connection: Connection) -> int:
    by_item = select(events.c.kind, events.c.item_id, func.count().label("n"))
    items = by_item.group_by(events.c.kind, events.c.item_id).subquery()
    unknown_video = (items.c.kind == "video") & ~select(videos.c.id).where(videos.c.id == items.c.item_id).exists()
    unknown_article = (items.c.kind == "article") & ~(
        select(articles.c.id).where(articles.c.id == items.c.item_id).exists()
    )
    total = connection.scalar(select(func.sum(items.c.n)).where(unknown_video | unknown_article))
    return int(total or 0)  # PostgreSQL adds up to decimals
