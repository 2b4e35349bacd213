"""The catalogue: one SQL database of everything that cannot be rebuilt, one object for each of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, func, select

from shortlist.store.catalogue.articles import Articles
from shortlist.store.catalogue.base import INDEXED, read_number
from shortlist.store.catalogue.events import REMOVAL, Events
from shortlist.store.catalogue.ingest_log import Locations, Steps
from shortlist.store.catalogue.integrity import Integrity
from shortlist.store.catalogue.keys import Keys
from shortlist.store.catalogue.readers import Readers, Tastes
from shortlist.store.catalogue.records import ContentCounts, Counts
from shortlist.store.catalogue.threads import Threads
from shortlist.store.catalogue.videos import Videos
from shortlist.store.lock import WriterLock
from shortlist.store.sql.database import Database
from shortlist.store.sql.schema import articles, enrichments, events, meta, readers, removed_videos, videos


class Catalogue:
    """The tables over one database, and the state they share. `Home` makes it; any method may raise `StateError`.

    In every table `get` returns one record, `get_many` those that exist, `iterate` all of them; `put` replaces a
    record with the same key, `add` never does; `remove` deletes.
    """

    def __init__(self, database: Database, lock: WriterLock, ledger: str, clock_tolerance_s: float) -> None:
        self._database = database
        self._ledger = ledger  # the key in `meta` under which this home notes how far its documents follow
        self.videos = Videos(database, lock)
        self.articles = Articles(database, lock)
        self.readers = Readers(database, lock)
        self.events = Events(database, lock, clock_tolerance_s)
        self.steps = Steps(database, lock)
        self.locations = Locations(database, lock)
        self.tastes = Tastes(database, lock)
        self.threads = Threads(database, lock)
        self.keys = Keys(database, lock)
        self.integrity = Integrity(database, lock, self.videos, self.articles)

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """Until the end, all reads of this thread see the catalogue at the revision that is yielded."""
        with self._database.snapshot():
            yield self.revision()

    def revision(self) -> int:
        """The revision of the newest change of content; 0 before the first."""
        with self._database.reading() as connection:
            return read_number(connection, "revision")

    def delivered(self) -> int:
        """The revision up to which Chroma follows, as far as the catalogue knows."""
        with self._database.reading() as connection:
            return read_number(connection, self._ledger, new=0)

    def set_delivered(self, revision: int) -> None:
        """Note that Chroma follows up to `revision`."""
        self._note(self._ledger, revision)

    def indexed(self, index_id: str) -> int:
        """The revision up to which the index with this id follows, as far as the catalogue knows."""
        with self._database.reading() as connection:
            return read_number(connection, f"{INDEXED} {index_id}", new=0)

    def set_indexed(self, index_id: str, revision: int) -> None:
        """Note that this index follows up to `revision`. Called before the index is written."""
        self._note(f"{INDEXED} {index_id}", revision)

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

    def reader_state(self, user_id: str) -> tuple[object, ...]:
        """A value that differs after a change of content or of this reader, a new event of theirs, and any removal."""
        parts = (
            select(meta.c.value).where(meta.c.key == REMOVAL),
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

    def _note(self, key: str, revision: int) -> None:
        with self._database.writing() as connection:
            connection.execute(self._database.replace(meta, {"key": key, "value": str(revision)}))


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
