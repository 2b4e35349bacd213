"""Tables that the agent reads, and the profiles of a batch of readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.profile import build_profile
from shortlist.core.config import ProfileConfig
from shortlist.core.types import Article, Event, Kind, Profile, Reader, Video
from shortlist.store.catalogue.records import Activity

# More than a history holds: events of removed items are skipped, and a session may be long.
MAX_EVENTS = 1000

R = TypeVar("R", covariant=True)


class ItemTable(Protocol[R]):
    """Videos or articles."""

    def get_many(self, ids: Sequence[str]) -> Mapping[str, R]:
        """Return the records of `ids` that exist, by id."""
        ...

    def known(self, ids: Iterable[str]) -> set[str]:
        """Return those of `ids` that exist, without reading the records."""
        ...


class ReaderTable(Protocol):
    """The readers."""

    def get(self, user_id: str) -> Reader:
        """Return the reader. Raises `UnknownReader`."""
        ...

    def get_many(self, user_ids: Sequence[str]) -> Mapping[str, Reader]:
        """Return the readers of `user_ids` that exist, by id."""
        ...


class EventTable(Protocol):
    """Events of readers. Every id of `user_ids` is a key of the result."""

    def newest_interactions(self, user_ids: Sequence[str], limit: int) -> Mapping[str, Sequence[Event]]:
        """Return the newest `limit` events of each reader, newest first, without impressions."""
        ...

    def activity(self, user_ids: Sequence[str]) -> Mapping[str, Activity]:
        """Return a summary of all events of each reader, however old."""
        ...


class Records(Protocol):
    """The tables that the agent reads; `store.catalogue.catalogue.Catalogue` implements it."""

    @property
    def videos(self) -> ItemTable[Video]: ...

    @property
    def articles(self) -> ItemTable[Article]: ...

    @property
    def readers(self) -> ReaderTable: ...

    @property
    def events(self) -> EventTable: ...

    def snapshot(self) -> AbstractContextManager[int]:
        """Give all reads of this thread inside the `with` block one state; yields its revision."""
        ...


def load_profiles(
    records: Records, user_ids: Iterable[str], config: ProfileConfig
) -> tuple[dict[str, Profile], ItemBatch]:
    """Return the profiles by user id and the records of their items. Raises `UnknownReader` at the first unknown id."""
    unique_ids = list(dict.fromkeys(user_ids))
    known = records.readers.get_many(unique_ids)
    readers = {user_id: known[user_id] if user_id in known else records.readers.get(user_id) for user_id in unique_ids}
    events = records.events.newest_interactions(list(readers), MAX_EVENTS)
    activity = records.events.activity(list(readers))
    items = _load_items(records, events.values(), config.max_history)
    profiles = {
        user_id: build_profile(reader, events[user_id], activity[user_id], items, config)
        for user_id, reader in readers.items()
    }
    return profiles, items


def _load_items(records: Records, histories: Iterable[Sequence[Event]], max_history: int) -> ItemBatch:
    """Read the items of each reader's newest `max_history` events, without events of removed items."""
    histories = list(histories)
    tables: dict[Kind, ItemTable[Any]] = {"video": records.videos, "article": records.articles}
    known = {kind: table.known(_ids(kind, chain(*histories))) for kind, table in tables.items()}
    newest = [
        list(islice((event for event in events if event.item_id in known[event.kind]), max_history))
        for events in histories
    ]
    videos, articles = (sorted(_ids(kind, chain(*newest))) for kind in ("video", "article"))
    return ItemBatch(records.videos.get_many(videos), records.articles.get_many(articles))


def _ids(kind: str, events: Iterable[Event]) -> set[str]:
    return {event.item_id for event in events if event.kind == kind}
