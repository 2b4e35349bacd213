"""Tables that the agent reads, and the profiles of a batch of readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import Protocol, TypeVar

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.profile import build_profile
from shortlist.core.config import ProfileConfig
from shortlist.core.ranking import NO_CHANGE, Change
from shortlist.core.types import KINDS, NO_OBJECTIVE, Article, Event, Kind, Objective, Outline, Profile, Reader, Video
from shortlist.store.catalogue.results import Activity

# More than a history holds: events of removed items are skipped, and a session may be long.
MAX_EVENTS = 1000

R = TypeVar("R", covariant=True)


class ItemTable(Protocol[R]):
    """Videos or articles."""

    def get_many(self, ids: Sequence[str]) -> Mapping[str, R]:
        """Return the records of `ids` that exist, by id."""
        ...

    def outlines(self, ids: Iterable[str]) -> Mapping[str, Outline]:
        """Return the outlines of those of `ids` that exist, by id, without reading the texts."""
        ...


class VideoTable(ItemTable[Video], Protocol):
    """Videos."""

    def get_many_at(self, revision: int, ids: Iterable[str]) -> Mapping[str, Video]:
        """Return `get_many` from a cache, in a snapshot whose revision is `revision`."""
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

    def last_number(self) -> int:
        """Return the number of the event stored last, by any reader; 0 before the first."""
        ...


class ObjectiveTable(Protocol):
    """The readers' own objectives."""

    def get_many(self, user_ids: Sequence[str]) -> Mapping[str, Objective]:
        """Return the objectives of those of `user_ids` that have one, by id."""
        ...


class Records(Protocol):
    """The tables that the agent reads; `store.catalogue.catalogue.Catalogue` implements it."""

    @property
    def videos(self) -> VideoTable: ...

    @property
    def articles(self) -> ItemTable[Article]: ...

    @property
    def readers(self) -> ReaderTable: ...

    @property
    def events(self) -> EventTable: ...

    @property
    def objectives(self) -> ObjectiveTable: ...

    def snapshot(self) -> AbstractContextManager[int]:
        """Give all reads of this thread inside the `with` block one state; yields its revision."""
        ...


def load_profiles(
    records: Records, user_ids: Iterable[str], config: ProfileConfig
) -> tuple[dict[str, Profile], ItemBatch]:
    """Return the profiles by user id and the outlines of their items. Raises `UnknownReader` at an unknown id."""
    profiles, items = load_changed_profiles(records, [(user_id, NO_CHANGE) for user_id in user_ids], config)
    return {user_id: profile for (user_id, _), profile in profiles.items()}, items


def load_changed_profiles(
    records: Records, wanted: Iterable[tuple[str, Change]], config: ProfileConfig
) -> tuple[dict[tuple[str, Change], Profile], ItemBatch]:
    """Return the profile of each wanted reader as the change of the pair makes it, and the outlines of their items.

    Raises `UnknownReader` at an unknown id.
    """
    pairs = list(dict.fromkeys(wanted))
    unique_ids = list(dict.fromkeys(user_id for user_id, _ in pairs))
    known = records.readers.get_many(unique_ids)
    readers = {user_id: known[user_id] if user_id in known else records.readers.get(user_id) for user_id in unique_ids}
    events = records.events.newest_interactions(list(readers), MAX_EVENTS)
    activity = records.events.activity(list(readers))
    objectives = records.objectives.get_many(unique_ids)
    counted = {
        (user_id, change): [event for event in events[user_id] if event.item_id not in change.without]
        for user_id, change in pairs
    }
    items = ItemBatch(outlines=_load_outlines(records, list(counted.values()), config.max_history))
    profiles = {
        (user_id, change): build_profile(
            readers[user_id], counted[user_id, change], activity[user_id], items,
            _changed(config, change), objectives.get(user_id, NO_OBJECTIVE).merged(change.objective),
        )
        for user_id, change in pairs
    }  # fmt: skip
    return profiles, items


def _changed(config: ProfileConfig, change: Change) -> ProfileConfig:
    if change.half_life_days is None:
        return config
    return config.model_copy(update={"half_life_days": change.half_life_days})


Outlines = dict[tuple[Kind, str], Outline]


def _load_outlines(records: Records, histories: Sequence[Sequence[Event]], max_history: int) -> Outlines:
    """Return the outlines of the items of each reader's newest events: at least `max_history` of them that exist."""
    found: Outlines = {}
    short, start = list(histories), 0
    while short:
        found |= _read_outlines(records, chain(*(events[start : start + max_history] for events in short)))
        start += max_history
        # Events of removed items do not count: older ones take their places.
        short = [events for events in short if len(events) > start and _n_known(events[:start], found) < max_history]
    return found


def _n_known(events: Iterable[Event], outlines: Outlines) -> int:
    return sum((event.kind, event.item_id) in outlines for event in events)


def _read_outlines(records: Records, events: Iterable[Event]) -> Outlines:
    ids: dict[Kind, set[str]] = {kind: set() for kind in KINDS}
    for event in events:
        ids[event.kind].add(event.item_id)
    videos, articles = records.videos.outlines(ids["video"]), records.articles.outlines(ids["article"] | ids["video"])
    found: Outlines = {("video", item_id): outline for item_id, outline in videos.items()}
    # What was watched elsewhere is stored among the articles, because it is never recommended.
    found |= {("video", item_id): one for item_id, one in articles.items() if item_id in ids["video"] - videos.keys()}
    return found | {("article", item_id): outline for item_id, outline in articles.items()}
