"""What the agent reads: the few methods of the catalogue that it needs, and one batch's worth of records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from agent.profile import build_profile
from agent.shelf import Shelf
from core.config import ProfileConfig
from core.types import Article, Event, Profile, Reader, Video

# Far more than a person does; only bounds what one broken client can make us read.
MAX_EVENTS = 10_000


class Records(Protocol):
    """The part of `store.catalogue.Catalogue` that the agent reads."""

    def snapshot(self) -> AbstractContextManager[int]:
        """Until the end, all reads of this thread see one state; yields its revision."""
        ...

    def reader(self, user_id: str) -> Reader:
        """Raises `UnknownReader`."""
        ...

    def readers(self, user_ids: Sequence[str]) -> Mapping[str, Reader]:
        """Those of `user_ids` that exist."""
        ...

    def events_of(self, user_ids: Sequence[str], limit: int) -> Mapping[str, Sequence[Event]]:
        """The newest `limit` events of each reader."""
        ...

    def videos(self, ids: Sequence[str]) -> Mapping[str, Video]:
        """Those of `ids` that exist."""
        ...

    def articles(self, ids: Sequence[str]) -> Mapping[str, Article]:
        """Those of `ids` that exist."""
        ...


def profiles_of(records: Records, user_ids: Iterable[str], config: ProfileConfig) -> tuple[dict[str, Profile], Shelf]:
    """Each reader's profile, and the records of all their items. Raises `UnknownReader` at the first unknown id."""
    asked = list(dict.fromkeys(user_ids))
    known = records.readers(asked)
    readers = {user_id: known[user_id] if user_id in known else records.reader(user_id) for user_id in asked}
    events = records.events_of(list(readers), MAX_EVENTS)
    every = [event for of_one in events.values() for event in of_one]
    shelf = Shelf(
        records.videos(sorted({event.item_id for event in every if event.kind == "video"})),
        records.articles(sorted({event.item_id for event in every if event.kind == "article"})),
    )
    profiles = {
        user_id: build_profile(reader, events.get(user_id, ()), shelf, config) for user_id, reader in readers.items()
    }
    return profiles, shelf
