"""A worker of an export: it has its own recommender and ranks one shard after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shortlist.agent.export_rows import export_rows
from shortlist.app.build import open_home, open_recommender
from shortlist.app.export.shards import shard_file, write_shard
from shortlist.core.config import Config
from shortlist.core.ranking import Request


class Worker:
    """Opens the home once; the index files are mapped, so workers on one machine share them."""

    def __init__(self, config: Config, request: Request, folder: Path) -> None:
        home = open_home(config)
        self._recommender = open_recommender(home, config)
        self._records = home.catalogue
        self._request = request
        self._folder = folder

    def work(self, number: int, user_ids: Sequence[str]) -> int:
        """Rank the readers of shard `number`, write the shard and return the number of readers."""
        rows = export_rows(self._recommender, self._records, user_ids, self._request)
        return write_shard(shard_file(self._folder, number), rows, len(user_ids)).readers
