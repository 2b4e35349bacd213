"""The records of a home as they were when its lists were shown. The id of a request stands for its reader then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from shortlist.core.errors import UnknownReader
from shortlist.core.exposures import Exposure
from shortlist.core.types import KINDS, Event, Objective, Reader
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.results import Activity


class PastReaders:
    """The reader of each exposure, by request id."""

    def __init__(self, exposures: Mapping[str, Exposure], readers: Mapping[str, Reader]) -> None:
        self._exposures, self._readers = exposures, readers

    def get(self, user_id: str) -> Reader:
        """Return the reader of the request `user_id`. Raises `UnknownReader`."""
        found = self.get_many([user_id]).get(user_id)
        if found is None:
            raise UnknownReader(user_id, ())
        return found

    def get_many(self, user_ids: Sequence[str]) -> dict[str, Reader]:
        """Return the readers of the requests `user_ids`, without unknown ones."""
        asked = {one: self._exposures[one].request.user_id for one in user_ids if one in self._exposures}
        return {one: replace(self._readers[user], id=one) for one, user in asked.items() if user in self._readers}


class PastEvents:
    """The events that were stored when the lists were shown, by request id."""

    def __init__(self, exposures: Mapping[str, Exposure], events: Mapping[str, Sequence[tuple[int, Event]]]) -> None:
        self._exposures, self._events = exposures, events

    def newest_interactions(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        """Return the newest `limit` acts before each request."""
        return {one: self._newest(one)[:limit] for one in user_ids}

    def activity(self, user_ids: Sequence[str]) -> dict[str, Activity]:
        """Return a summary of all events before each request."""
        return {one: Activity.of(self._history(one)) for one in user_ids}

    def last_number(self) -> int:
        """Return the number of the newest event that any of the lists knew."""
        return max((one.last_event for one in self._exposures.values()), default=0)

    def _newest(self, request_id: str) -> list[Event]:
        acts = [event for event in self._history(request_id) if event.action != "impression" and event.kind in KINDS]
        return sorted(acts, key=lambda event: event.at, reverse=True)

    def _history(self, request_id: str) -> list[Event]:
        exposure = self._exposures[request_id]
        own = self._events.get(exposure.request.user_id, ())
        return [event for number, event in own if number <= exposure.last_event]


class PastObjectives:
    """The readers' objectives of now, by request id: earlier ones are not stored."""

    def __init__(self, exposures: Mapping[str, Exposure], objectives: Mapping[str, Objective]) -> None:
        self._exposures, self._objectives = exposures, objectives

    def get_many(self, user_ids: Sequence[str]) -> dict[str, Objective]:
        """Return the objectives of the readers of those requests that have one."""
        asked = {one: self._exposures[one].request.user_id for one in user_ids}
        return {one: self._objectives[user] for one, user in asked.items() if user in self._objectives}


class PastRecords:
    """`agent.reader.records.Records` with a reader for each exposure."""

    def __init__(self, catalogue: Catalogue, exposures: Sequence[Exposure]) -> None:
        by_request = {one.request_id: one for one in exposures}
        users = {one.request.user_id for one in exposures}
        events: defaultdict[str, list[tuple[int, Event]]] = defaultdict(list)
        for number, event in catalogue.events.iterate():
            if event.user_id in users:
                events[event.user_id].append((number, event))
        self.videos, self.articles = catalogue.videos, catalogue.articles
        self.readers = PastReaders(by_request, catalogue.readers.get_many(users))
        self.events = PastEvents(by_request, events)
        self.objectives = PastObjectives(by_request, catalogue.objectives.get_many(sorted(users)))
        self.snapshot = catalogue.snapshot
