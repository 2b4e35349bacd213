"""A catalogue in dictionaries. It passes the contract suites that the real one passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from shortlist.core.errors import UnknownReader
from shortlist.core.types import KINDS, Article, Event, Objective, Outline, Reader, Video
from shortlist.store.catalogue.events import POSITIVE
from shortlist.store.catalogue.results import Activity

START = datetime(2026, 1, 1, tzinfo=UTC)


class MemoryItems:
    """Videos or articles as {id: (revision, record)}; `raise_revision` counts for both."""

    def __init__(self, raise_revision: Callable[[], int]) -> None:
        self._raise_revision = raise_revision
        self._rows: dict[str, tuple[int, Any]] = {}
        self._removed: dict[str, int] = {}

    def put(self, records: Sequence[Any]) -> None:
        self.put_at(self._raise_revision(), records)

    def put_at(self, revision: int, records: Sequence[Any]) -> None:
        for record in records:
            self._rows[record.id] = (revision, record)
            self._removed.pop(record.id, None)

    def remove(self, ids: Iterable[str]) -> None:
        revision = self._raise_revision()
        for item_id in ids:
            del self._rows[item_id]
            self._removed[item_id] = revision

    def get_many(self, ids: Iterable[str]) -> dict[str, Any]:
        return {one: self._rows[one][1] for one in ids if one in self._rows}

    def get_many_at(self, _revision: int, ids: Iterable[str]) -> dict[str, Any]:
        return self.get_many(ids)

    def outlines(self, ids: Iterable[str]) -> dict[str, Outline]:
        return {one: Outline.of(self._rows[one][1]) for one in ids if one in self._rows}

    def ids(self) -> list[str]:
        return sorted(self._rows)

    def iterate(self, after: int = 0) -> Iterator[tuple[int, Any]]:
        rows = (row for row in self._rows.values() if row[0] > after)
        return iter(sorted(rows, key=lambda row: (row[0], row[1].id)))

    def iterate_removed(self, after: int = 0) -> Iterator[tuple[int, str]]:
        return iter(sorted((at, item_id) for item_id, at in self._removed.items() if at > after))


class MemoryReaders:
    """Readers by id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Reader] = {}

    def put(self, readers: Sequence[Reader]) -> None:
        self._by_id.update((reader.id, reader) for reader in readers)

    def get(self, user_id: str) -> Reader:
        if user_id not in self._by_id:
            raise UnknownReader(user_id, tuple(self._by_id)[:1])
        return self._by_id[user_id]

    def get_many(self, user_ids: Iterable[str]) -> dict[str, Reader]:
        return {one: self._by_id[one] for one in user_ids if one in self._by_id}


class MemoryEvents:
    """Events in a list; the first one has the number 1."""

    def __init__(self, readers: MemoryReaders) -> None:
        self._readers = readers
        self.rows: list[Event] = []

    def add(self, events: Sequence[Event]) -> None:
        known = {(event.event_id, event.user_id) for event in self.rows}
        keyed = {(event.event_id, event.user_id): event for event in events}
        new = {key: event for key, event in keyed.items() if key not in known}
        self.rows.extend(new.values())
        strangers = (event for event in new.values() if not self._readers.get_many([event.user_id]))
        self._readers.put([Reader(event.user_id, event.at) for event in strangers])

    def remove(self, event_ids: Iterable[str], user_id: str) -> int:
        chosen, before = {(event_id, user_id) for event_id in event_ids}, len(self.rows)
        self.rows = [event for event in self.rows if (event.event_id, event.user_id) not in chosen]
        return before - len(self.rows)

    def newest_interactions(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        newest_first = sorted(self.rows, key=lambda event: event.at)[::-1]  # of equal times the later added first
        acts = [event for event in newest_first if event.action != "impression" and event.kind in KINDS]
        return {one: [event for event in acts if event.user_id == one][:limit] for one in user_ids}

    def activity(self, user_ids: Sequence[str]) -> dict[str, Activity]:
        return {one: Activity.of([event for event in self.rows if event.user_id == one]) for one in user_ids}

    def get_numbered(self, number: int) -> Event | None:
        return self.rows[number - 1] if 0 < number <= len(self.rows) else None

    def last_number(self) -> int:
        return len(self.rows)

    def version(self) -> tuple[int, str]:
        return len(self.rows), ""

    def iterate_watches(self, after: int = 0) -> Iterator[list[tuple[str, int]]]:
        watches = [
            (event.user_id, event.at, number, event.item_id)
            for number, event in enumerate(self.rows, start=1)
            if event.kind == "video" and event.action in POSITIVE
        ]
        for user in sorted({user for user, _, number, _ in watches if number > after}):
            yield [(item, number) for _, _, number, item in sorted(one for one in watches if one[0] == user)]

    def popularity(self, half_life_days: float) -> dict[str, float]:
        """As if nothing grew old."""
        positive = {(event.user_id, event.item_id) for event in self.rows if event.action in POSITIVE}
        return dict(Counter(item for _, item in positive))


class MemoryObjectives:
    """Objectives as {user id: objective}."""

    def __init__(self) -> None:
        self._rows: dict[str, Objective] = {}

    def put(self, user_id: str, objective: Objective) -> None:
        self._rows[user_id] = objective

    def get_many(self, user_ids: Iterable[str]) -> dict[str, Objective]:
        return {one: self._rows[one] for one in user_ids if one in self._rows}


class MemoryThreads:
    """Threads by name."""

    def __init__(self) -> None:
        self.by_name: dict[str, list[dict[str, Any]]] = {}

    def get(self, name: str, newest: int) -> list[dict[str, Any]]:
        return self.by_name.get(name, [])[-newest:]

    def add(self, name: str, message: dict[str, Any]) -> None:
        self.by_name.setdefault(name, []).append(message)


class MemoryCatalogue:
    """The tables of `Catalogue` that agent and retrieval read; `put`, `remove` and `watch` fill them in one line."""

    def __init__(self) -> None:
        self._revision = 0
        self._indexed: dict[str, int] = {}
        self.videos, self.articles = MemoryItems(self._raise_revision), MemoryItems(self._raise_revision)
        self.readers, self.threads = MemoryReaders(), MemoryThreads()
        self.events = MemoryEvents(self.readers)
        self.objectives = MemoryObjectives()

    def put(self, *items: Video | Article) -> None:
        revision = self._raise_revision()
        for item in items:
            (self.videos if isinstance(item, Video) else self.articles).put_at(revision, [item])

    def remove(self, *ids: str) -> None:
        self.videos.remove(ids)

    def watch(self, user_id: str, item_id: str, minute: int) -> None:
        self.events.add([Event(user_id, item_id, "video", "view", START + timedelta(minutes=minute))])

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        yield self._revision

    def revision(self) -> int:
        return self._revision

    def set_delivered(self, revision: int) -> None:
        """Nothing is delivered from memory."""

    def indexed(self, index_id: str) -> int:
        return self._indexed.get(index_id, 0)

    def set_indexed(self, index_id: str, revision: int) -> None:
        self._indexed[index_id] = revision

    def changed_since(self, revision: int) -> int:
        tables = (self.videos.iterate, self.articles.iterate, self.videos.iterate_removed)
        return sum(len(list(rows(revision))) for rows in tables)

    def _raise_revision(self) -> int:
        self._revision += 1
        return self._revision
