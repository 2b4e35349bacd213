"""The records that one batch of requests speaks about, read from the catalogue once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shortlist.core.types import Article, HistoryItem, Kind, Video


@dataclass(frozen=True, slots=True)
class Shelf:
    """Videos and articles by id. An article and a video may share an id, so both are asked for with their kind."""

    videos: Mapping[str, Video] = field(default_factory=dict)
    articles: Mapping[str, Article] = field(default_factory=dict)

    def item(self, kind: Kind, item_id: str) -> Video | Article | None:
        """The record, or None where the catalogue does not know it."""
        return self.videos.get(item_id) if kind == "video" else self.articles.get(item_id)

    def length_s(self, item: HistoryItem) -> float | None:
        """How long the video of `item` lasts; None for articles and where it is not known."""
        record = self.item(item.kind, item.item_id)
        return record.duration_s if isinstance(record, Video) else None
