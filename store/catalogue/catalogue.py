"""The catalogue: one SQL database of everything that cannot be rebuilt, with one object for each table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select

from shortlist.store.catalogue.articles import Articles
from shortlist.store.catalogue.base import INDEXED, CatalogueTable, read_number
from shortlist.store.catalogue.erasure.erasures import Erasures
from shortlist.store.catalogue.erasure.personal_data import PersonalData
from shortlist.store.catalogue.events import REMOVAL, Events
from shortlist.store.catalogue.experiments import Experiments
from shortlist.store.catalogue.exposures import Exposures
from shortlist.store.catalogue.features import Features
from shortlist.store.catalogue.imports import Imports
from shortlist.store.catalogue.ingest_log import Locations, Steps
from shortlist.store.catalogue.integrity import Integrity
from shortlist.store.catalogue.keys import Keys
from shortlist.store.catalogue.readers import Objectives, Readers, Tastes
from shortlist.store.catalogue.results import ContentCounts, Counts
from shortlist.store.catalogue.videos import Videos
from shortlist.store.lock import WriterLock
from shortlist.store.sql.database import Database
from shortlist.store.sql.schema import (
    articles,
    enrichments,
    events,
    messages,
    meta,
    objectives,
    readers,
    removed_videos,
    videos,
)

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


class MemoryThreads(Threads):
    """Chat threads of a catalogue that cannot be written: in memory, each process its own, until it ends."""

    def __init__(self, database: Database, lock: WriterLock) -> None:
        super().__init__(database, lock)
        self._messages: dict[str, list[dict[str, Any]]] = {}

    def add(self, name: str, message: dict[str, Any]) -> None:
        """See `Threads`."""
        self._messages[name] = [*self._messages.get(name, []), message][-MAX_MESSAGES:]

    def get(self, name: str, newest: int = MAX_MESSAGES) -> list[dict[str, Any]]:
        """See `Threads`."""
        return self._messages.get(name, [])[-newest:]


class Catalogue:
    """The tables of one database and their shared state. `Home` creates it. Any method may raise `StateError`.

    In every table `get` returns one record, `get_many` those that exist, and `iterate` yields all. `put` replaces a
    record with the same key, `add` never does. `remove` deletes.
    """

    def __init__(self, database: Database, lock: WriterLock, ledger: str, clock_tolerance_s: float) -> None:
        self._database = database
        self._ledger = ledger  # the key in `meta` of the revision delivered to Chroma
        self.videos = Videos(database, lock)
        self.articles = Articles(database, lock)
        self.readers = Readers(database, lock)
        self.events = Events(database, lock, clock_tolerance_s)
        self.experiments = Experiments(database, lock)
        self.exposures = Exposures(database, lock)
        self.features = Features(database, lock)
        self.imports = Imports(database, lock)
        self.steps = Steps(database, lock)
        self.locations = Locations(database, lock)
        self.tastes = Tastes(database, lock)
        self.objectives = Objectives(database, lock)
        self.threads = (MemoryThreads if database.read_only else Threads)(database, lock)
        self.keys = Keys(database, lock)
        self.personal_data = PersonalData(database, lock)
        self.erasures = Erasures(database, lock)
        self.integrity = Integrity(database, lock, self.videos, self.articles)

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """Make all reads of this thread see one revision, which is yielded."""
        with self._database.snapshot():
            yield self.revision()

    def revision(self) -> int:
        """Return the revision of the newest change of content; 0 before the first."""
        with self._database.reading() as connection:
            return read_number(connection, "revision")

    def delivered(self) -> int:
        """Return the revision last delivered to Chroma, as the catalogue recorded it."""
        with self._database.reading() as connection:
            return read_number(connection, self._ledger, default=0)

    def set_delivered(self, revision: int) -> None:
        """Store `revision` as delivered to Chroma."""
        self._write_revision(self._ledger, revision)

    def indexed(self, index_id: str) -> int:
        """Return the revision of the index with this id, as the catalogue recorded it."""
        with self._database.reading() as connection:
            return read_number(connection, f"{INDEXED} {index_id}", default=0)

    def set_indexed(self, index_id: str, revision: int) -> None:
        """Store the revision of this index. Call it before the index is written."""
        self._write_revision(f"{INDEXED} {index_id}", revision)

    def content_counts(self) -> ContentCounts:
        """Return the numbers of records that have documents."""
        with self._database.snapshot(), self._database.reading() as connection:
            enriched = select(func.count()).where(enrichments.c.part == "summary")
            return ContentCounts(
                _count(connection, videos), _count(connection, articles), connection.scalar(enriched) or 0
            )

    def counts(self) -> Counts:
        """Return the numbers of all records."""
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
        """Return a value that changes with the content, this reader, their objective or events, and with removals."""
        parts = (
            select(meta.c.value).where(meta.c.key == REMOVAL),
            select(meta.c.value).where(meta.c.key == "revision"),
            select(readers.c.interests).where(readers.c.id == user_id),
            select(func.max(events.c.seq)).where(events.c.user_id == user_id),
            select(func.max(objectives.c.at)).where(objectives.c.user_id == user_id),
        )
        with self._database.reading() as connection:
            return tuple(connection.execute(select(*(part.scalar_subquery() for part in parts))).one())

    def changed_since(self, revision: int) -> int:
        """Return the number of videos and articles stored or removed after `revision`."""
        with self._database.snapshot(), self._database.reading() as connection:
            tables = (videos, articles, removed_videos)
            return sum(_count(connection, table, table.c.revision > revision) for table in tables)

    def _write_revision(self, key: str, revision: int) -> None:
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
    return int(total or 0)  # PostgreSQL returns a decimal
