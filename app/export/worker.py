"""One worker of an export: a recommender of its own, shard after shard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shortlist.agent.export import export_rows
from shortlist.app.build import open_home, open_recommender
from shortlist.app.export.shards import shard_file, write_shard
from shortlist.core.config import Config
from shortlist.core.ranking import Request


class Worker:
    """Opens the home once; the index files are mapped, so workers on one machine share them."""

    def __init__(self, config: Config, like: Request, parts: Path) -> None:
        home = open_home(config)
        self._recommender = open_recommender(home, config)
        self._records = home.catalogue
        self._like = like
        self._parts = parts

    def work(self, number: int, user_ids: Sequence[str]) -> int:
        """Rank the readers of shard `number` and write its part; how many there are."""
        rows = export_rows(self._recommender, self._records, user_ids, self._like)
        return write_shard(shard_file(self._parts, number), rows, len(user_ids)).readers
