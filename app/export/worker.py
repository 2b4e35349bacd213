"""A worker of an export: it has its own recommender and ranks one shard after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shortlist.agent.export_rows import export_rows
from shortlist.app.export.shards import shard_file, write_shard
from shortlist.app.export.split_lists import SplitLists
from shortlist.core.config import Config
from shortlist.core.ranking import Request
from shortlist.engine.build import open_home, open_recommender, open_shown


@dataclass(frozen=True, slots=True)
class Task:
    """The work of every worker: the request made for each reader, the details to add, and the folder of the shards.

    `split` is None unless an experiment splits the readers.
    """

    config: Config
    request: Request
    details: tuple[str, ...]
    folder: Path
    split: SplitLists | None = None


class Worker:
    """Opens the home once; the index files are mapped, so workers on one machine share them."""

    def __init__(self, task: Task) -> None:
        home, split = open_home(task.config), task.split
        self._recommender = (
            open_shown(home, task.config, split.experiment) if split else open_recommender(home, task.config)
        )
        self._records = home.catalogue
        self._task = task

    def work(self, number: int, user_ids: Sequence[str]) -> int:
        """Rank the readers of shard `number`, write the shard and return the number of readers."""
        task, split = self._task, self._task.split
        rows = export_rows(self._recommender, self._records, user_ids, task.request, task.details)
        if split is not None:
            split.add_columns(rows)
            last = self._records.events.last_number()
            self._records.exposures.put(list(split.exposures(rows, task.request, self._recommender.snapshot, last)))
        return write_shard(shard_file(task.folder, number), rows, len(user_ids)).readers


def with_one_thread(config: Config) -> Config:
    """Return `config` with one thread for retrieval, for workers that have one core each."""
    return config.model_copy(update={"retrieval": config.retrieval.model_copy(update={"threads": 1})})
