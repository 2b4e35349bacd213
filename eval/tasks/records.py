"""The records that a recommender reads in an evaluation: the home's items, and a reader for each query."""

from __future__ import annotations

from collections.abc import Sequence

from shortlist.core.errors import UnknownReader
from shortlist.core.types import KINDS, Event, Objective, Reader
from shortlist.eval.tasks.splits import require_known
from shortlist.eval.tasks.task import Task
from shortlist.retrieval.index.act_log import ActLog
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.results import Activity


class TaskReaders:
    """The readers of a task, one for each query. A user id is the id of a query."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._queries = {query.id: query for query in task.data.queries}

    def get(self, user_id: str) -> Reader:
        """Return the reader of the query `user_id`. Raises `UnknownReader`."""
        if user_id not in self._queries:
            raise UnknownReader(user_id, ())
        return self._task.reader(self._queries[user_id])

    def get_many(self, user_ids: Sequence[str]) -> dict[str, Reader]:
        """Return the readers of the queries `user_ids`, without unknown ones."""
        return {user_id: self.get(user_id) for user_id in user_ids if user_id in self._queries}


class TaskEvents:
    """The events of each query's reader before the query. A user id is the id of a query."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._queries = {query.id: query for query in task.data.queries}

    def newest_interactions(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        """Return the newest `limit` acts before each query. Raises `RecordError` if an event is later than that."""
        return {user_id: self._newest(user_id)[:limit] for user_id in user_ids}

    def activity(self, user_ids: Sequence[str]) -> dict[str, Activity]:
        """Return a summary of all events before each query."""
        return {user_id: Activity.of(self._history(user_id)) for user_id in user_ids}

    def last_number(self) -> int:
        """Return 0: the events of a task have no numbers."""
        return 0

    def _newest(self, user_id: str) -> list[Event]:
        acts = [event for event in self._history(user_id) if event.action != "impression" and event.kind in KINDS]
        return sorted(acts, key=lambda event: event.at, reverse=True)

    def _history(self, user_id: str) -> Sequence[Event]:
        query = self._queries.get(user_id)
        if query is None:
            return ()
        events = self._task.history(query)
        if query.at is not None:
            require_known(events, query.at)
        return events


class NoObjectives:
    """The objectives of a task's readers, who have none."""

    def get_many(self, user_ids: Sequence[str]) -> dict[str, Objective]:
        """Return nothing."""
        return {}


class TaskRecords:
    """`agent.reader.records.Records` with a reader for each query, because a user may have queries at several times."""

    def __init__(self, task: Task, catalogue: Catalogue) -> None:
        self.videos, self.articles = catalogue.videos, catalogue.articles
        self.readers, self.events = TaskReaders(task), TaskEvents(task)
        self.objectives = NoObjectives()
        self.snapshot = catalogue.snapshot


def log_of(task: Task) -> ActLog | None:
    """Return the log of the data set's own impressions; None if it has none, and the home's is used."""
    if not task.data.log:
        return None
    entries = [(item, round(at.timestamp() * 1e6), clicked) for item, at, clicked in task.data.log]
    return ActLog.of([(item, at, False) for item, at, _ in entries] + [entry for entry in entries if entry[2]])
