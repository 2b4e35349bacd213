"""What the recommender reads while it is measured: the home's videos, and each query's reader as they were then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from shortlist.core.types import Article, Event, Kind, Reader, Video
from shortlist.eval.tasks.splits import require_known
from shortlist.eval.tasks.task import Task
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.records import Activity


class TaskRecords:
    """`agent.records.Records` in which every query is a reader of its own: one person may ask twice, knowing more."""

    def __init__(self, task: Task, catalogue: Catalogue) -> None:
        self._task = task
        self._catalogue = catalogue
        self._queries = {query.id: query for query in task.data.queries}

    def snapshot(self) -> AbstractContextManager[int]:
        """Until the end, all reads of this thread see one state."""
        return self._catalogue.snapshot()

    def reader(self, user_id: str) -> Reader:
        """The reader of the query `user_id`."""
        return self._task.reader(self._queries[user_id])

    def readers(self, user_ids: Sequence[str]) -> Mapping[str, Reader]:
        """The readers of the queries `user_ids`."""
        return {user_id: self.reader(user_id) for user_id in user_ids}

    def acts_of(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        """The newest `limit` acts before each query. Raises `RecordError` where one is from its future."""
        return {user_id: self._newest(user_id)[:limit] for user_id in user_ids}

    def activity_of(self, user_ids: Sequence[str]) -> dict[str, Activity]:
        """What the reader of each query had done by then."""
        return {user_id: Activity.of(self._history(user_id)) for user_id in user_ids}

    def known_items(self, kind: Kind, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that exist."""
        return self._catalogue.known_items(kind, ids)

    def videos(self, ids: Sequence[str]) -> Mapping[str, Video]:
        """Those of `ids` that exist."""
        return self._catalogue.videos(ids)

    def articles(self, ids: Sequence[str]) -> Mapping[str, Article]:
        """Those of `ids` that exist."""
        return self._catalogue.articles(ids)

    def _newest(self, user_id: str) -> list[Event]:
        acts = [event for event in self._history(user_id) if event.action != "impression"]
        return sorted(acts, key=lambda event: event.at, reverse=True)

    def _history(self, user_id: str) -> Sequence[Event]:
        query = self._queries[user_id]
        events = self._task.history(query)
        if query.at is not None:
            require_known(events, query.at)
        return events
