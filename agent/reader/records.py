"""What the agent reads: the few methods of the catalogue that it needs, and one batch's worth of records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import chain, islice
from typing import Protocol

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.profile import build_profile
from shortlist.core.config import ProfileConfig
from shortlist.core.types import KINDS, Article, Event, Kind, Profile, Reader, Video
from shortlist.store.catalogue.records import Activity

# More than a history holds: items that are unknown by now are passed over, and a session may be long.
MAX_ACTS = 1000


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

    def acts_of(self, user_ids: Sequence[str], limit: int) -> Mapping[str, Sequence[Event]]:
        """The newest `limit` events of each reader that are no impressions, newest first."""
        ...

    def activity_of(self, user_ids: Sequence[str]) -> Mapping[str, Activity]:
        """What all events of each reader come to, however old they are."""
        ...

    def known_items(self, kind: Kind, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that exist."""
        ...

    def videos(self, ids: Sequence[str]) -> Mapping[str, Video]:
        """Those of `ids` that exist."""
        ...

    def articles(self, ids: Sequence[str]) -> Mapping[str, Article]:
        """Those of `ids` that exist."""
        ...


def profiles_of(
    records: Records, user_ids: Iterable[str], config: ProfileConfig
) -> tuple[dict[str, Profile], ItemBatch]:
    """Each reader's profile, and the records of its items. Raises `UnknownReader` at the first unknown id."""
    asked = list(dict.fromkeys(user_ids))
    known = records.readers(asked)
    readers = {user_id: known[user_id] if user_id in known else records.reader(user_id) for user_id in asked}
    acts = records.acts_of(list(readers), MAX_ACTS)
    activity = records.activity_of(list(readers))
    shelf = _shelf(records, acts.values(), config.max_history)
    profiles = {}
    for user_id, reader in readers.items():
        of_newest = build_profile(reader, acts[user_id], shelf, config)
        all_time = activity[user_id]
        profiles[user_id] = replace(of_newest, seen=all_time.seen, n_events=all_time.n_events)
    return profiles, shelf


def _shelf(records: Records, acts: Iterable[Sequence[Event]], most: int) -> ItemBatch:
    """The records of each reader's newest `most` acts on items that exist: transcripts are long, histories longer."""
    acts = list(acts)
    known = {kind: records.known_items(kind, _ids(kind, chain(*acts))) for kind in KINDS}
    telling = [list(islice((act for act in own if act.item_id in known[act.kind]), most)) for own in acts]
    videos, articles = (sorted(_ids(kind, chain(*telling))) for kind in ("video", "article"))
    return ItemBatch(records.videos(videos), records.articles(articles))


def _ids(kind: str, events: Iterable[Event]) -> set[str]:
    return {event.item_id for event in events if event.kind == kind}
