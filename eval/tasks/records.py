"""The records a recommender reads while it is measured: the home's items, and each query's reader at that time."""

from __future__ import annotations

from collections.abc import Sequence

from shortlist.core.errors import UnknownReader
from shortlist.core.types import Event, Reader
from shortlist.eval.tasks.splits import require_known
from shortlist.eval.tasks.task import Task
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.records import Activity


class TaskReaders:
    """The readers of a task: every query is one of its own."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._queries = {query.id: query for query in task.data.queries}

    def get(self, user_id: str) -> Reader:
        """The reader of the query `user_id`. Raises `UnknownReader`."""
        if user_id not in self._queries:
            raise UnknownReader(user_id, ())
        return self._task.reader(self._queries[user_id])

    def get_many(self, user_ids: Sequence[str]) -> dict[str, Reader]:
        """The readers of those of the queries `user_ids` that exist."""
        return {user_id: self.get(user_id) for user_id in user_ids if user_id in self._queries}


class TaskEvents:
    """The events of each query's reader until the query was asked."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._queries = {query.id: query for query in task.data.queries}

    def newest_acts(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        """The newest `limit` acts before each query. Raises `RecordError` where one is from its future."""
        return {user_id: self._newest(user_id)[:limit] for user_id in user_ids}

    def activity(self, user_ids: Sequence[str]) -> dict[str, Activity]:
        """A summary of everything the reader of each query had done by then."""
        return {user_id: Activity.of(self._history(user_id)) for user_id in user_ids}

    def _newest(self, user_id: str) -> list[Event]:
        acts = [event for event in self._history(user_id) if event.action != "impression"]
        return sorted(acts, key=lambda event: event.at, reverse=True)

    def _history(self, user_id: str) -> Sequence[Event]:
        query = self._queries.get(user_id)
        if query is None:
            return ()
        events = self._task.history(query)
        if query.at is not None:
            require_known(events, query.at)
        return events


class TaskRecords:
    """`agent.reader.records.Records` in which every query is a reader: one person may ask twice, knowing more."""

    def __init__(self, task: Task, catalogue: Catalogue) -> None:
        self.videos, self.articles = catalogue.videos, catalogue.articles
        self.readers, self.events = TaskReaders(task), TaskEvents(task)
        self.snapshot = catalogue.snapshot
