"""Popularity and age of a video in words."""

from __future__ import annotations

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.types import Video
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.popular import freshness, popularity_share

POPULAR_SHARE = 0.5  # share of the most popular video's popularity from which a video is called popular
ONE_READER = 1.0  # the most that one reader adds to a video's popularity
NEWEST_SHARE = 0.1  # share of all videos that are called the newest


class PopularityFacts:
    """Says which half of the popular leg, readers or age, put a video above others, and how far."""

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        self._snapshot = snapshot
        self._readers = popularity_share(snapshot)
        self._fresh = config.fresh_weight * freshness(snapshot, config.fresh_half_life_days)
        live, newest_first = snapshot.live, np.sort(self._fresh[snapshot.live])[::-1]
        n_newest = max(1, round(NEWEST_SHARE * len(newest_first)))
        self._newest = float(newest_first[n_newest - 1]) if len(newest_first) else np.inf
        self._median_readers = float(np.median(self._readers[live])) if live.any() else 0.0
        self._median_fresh = float(np.median(self._fresh[live])) if live.any() else 0.0
        self._popular = max(POPULAR_SHARE * max(snapshot.popular.values(), default=0.0), ONE_READER)

    def describe(self, video: Video) -> str | None:
        """Return a phrase such as "popular with other readers"; None if the video is neither popular nor new."""
        row = self._snapshot.row(video.id)
        if row is None:
            return None
        halves = [(self._readers[row], self._by_readers(row, video.id)), (self._fresh[row], self._by_age(row))]
        return next((words for _, words in sorted(halves, key=lambda half: -half[0]) if words), None)

    def _by_readers(self, row: int, video_id: str) -> str | None:
        value = self._snapshot.popular.get(video_id, 0.0)
        if value > ONE_READER and value >= self._popular:
            return "popular with other readers"
        return "more popular than most videos here" if self._readers[row] > self._median_readers else None

    def _by_age(self, row: int) -> str | None:
        if self._fresh[row] > 0 and self._fresh[row] >= self._newest:
            return "one of the newest videos here"
        return "newer than most videos here" if self._fresh[row] > self._median_fresh else None
