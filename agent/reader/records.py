"""The records that the agent reads, and the profiles of one batch of readers."""

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

# More than a history holds: items that are unknown by now are passed over, and a session may be long.
MAX_ACTS = 1000

R = TypeVar("R", covariant=True)


class ItemTable(Protocol[R]):
    """Videos or articles."""

    def get_many(self, ids: Sequence[str]) -> Mapping[str, R]:
        """Those of `ids` that exist."""
        ...

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that exist, without reading the records."""
        ...


class ReaderTable(Protocol):
    """The readers."""

    def get(self, user_id: str) -> Reader:
        """Raises `UnknownReader`."""
        ...

    def get_many(self, user_ids: Sequence[str]) -> Mapping[str, Reader]:
        """Those of `user_ids` that exist."""
        ...


class EventTable(Protocol):
    """What readers did. Every id of `user_ids` is a key of the answer."""

    def newest_acts(self, user_ids: Sequence[str], limit: int) -> Mapping[str, Sequence[Event]]:
        """The newest `limit` events of each reader that are no impressions, newest first."""
        ...

    def activity(self, user_ids: Sequence[str]) -> Mapping[str, Activity]:
        """A summary of all events of each reader, however old they are."""
        ...


class Records(Protocol):
    """The tables that the agent reads. `store.catalogue.Catalogue` has them."""

    @property
    def videos(self) -> ItemTable[Video]: ...

    @property
    def articles(self) -> ItemTable[Article]: ...

    @property
    def readers(self) -> ReaderTable: ...

    @property
    def events(self) -> EventTable: ...

    def snapshot(self) -> AbstractContextManager[int]:
        """Until the end, all reads of this thread see one state; yields its revision."""
        ...


def profiles_of(
    records: Records, user_ids: Iterable[str], config: ProfileConfig
) -> tuple[dict[str, Profile], ItemBatch]:
    """Each reader's profile, and the records of its items. Raises `UnknownReader` at the first unknown id."""
    asked = list(dict.fromkeys(user_ids))
    known = records.readers.get_many(asked)
    readers = {user_id: known[user_id] if user_id in known else records.readers.get(user_id) for user_id in asked}
    acts = records.events.newest_acts(list(readers), MAX_ACTS)
    activity = records.events.activity(list(readers))
    shelf = _shelf(records, acts.values(), config.max_history)
    profiles = {
        user_id: build_profile(reader, acts[user_id], activity[user_id], shelf, config)
        for user_id, reader in readers.items()
    }
    return profiles, shelf


def _shelf(records: Records, acts: Iterable[Sequence[Event]], most: int) -> ItemBatch:
    """The records of each reader's newest `most` acts on items that exist: transcripts are long, histories longer."""
    acts = list(acts)
    tables: dict[Kind, ItemTable[Any]] = {"video": records.videos, "article": records.articles}
    known = {kind: table.known(_ids(kind, chain(*acts))) for kind, table in tables.items()}
    telling = [list(islice((act for act in own if act.item_id in known[act.kind]), most)) for own in acts]
    videos, articles = (sorted(_ids(kind, chain(*telling))) for kind in ("video", "article"))
    return ItemBatch(records.videos.get_many(videos), records.articles.get_many(articles))


def _ids(kind: str, events: Iterable[Event]) -> set[str]:
    return {event.item_id for event in events if event.kind == kind}
