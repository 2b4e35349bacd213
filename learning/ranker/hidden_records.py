"""The records of readers as they were before their hidden act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from shortlist.core.types import Event
from shortlist.learning.acts import HiddenActs
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.results import Activity


class HiddenEvents:
    """The events of each reader before their hidden act, without any of the hidden video."""

    def __init__(self, catalogue: Catalogue, hidden: HiddenActs) -> None:
        self._events = catalogue.events
        self._hidden = hidden.by_reader

    def newest_interactions(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        """Return the newest `limit` acts of each reader, newest first."""
        found = self._events.newest_interactions(user_ids, limit)
        return {user_id: [one for one in events if self._is_known(user_id, one)] for user_id, events in found.items()}

    def activity(self, user_ids: Sequence[str]) -> dict[str, Activity]:
        """Return a summary of the newest 1,000 acts of each reader."""
        return {user_id: Activity.of(events) for user_id, events in self.newest_interactions(user_ids, 1000).items()}

    def last_number(self) -> int:
        """Return the number of the event stored last, hidden or not."""
        return self._events.last_number()

    def _is_known(self, user_id: str, event: Event) -> bool:
        if user_id not in self._hidden:
            return True
        item_id, at = self._hidden[user_id]
        return event.at < datetime.fromtimestamp(at / 1e6, UTC) and event.item_id != item_id


class HiddenRecords:
    """`agent.reader.records.Records` of a catalogue in which the hidden acts have not happened yet."""

    def __init__(self, catalogue: Catalogue, hidden: HiddenActs) -> None:
        self.videos, self.articles, self.readers = catalogue.videos, catalogue.articles, catalogue.readers
        self.events = HiddenEvents(catalogue, hidden)
        self.objectives = catalogue.objectives
        self.snapshot = catalogue.snapshot
