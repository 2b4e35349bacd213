"""What the catalogue answers about itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shortlist.core.types import SEEN_ACTIONS, Event

StepStatus = Literal["done", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Put:
    """What became of the records of one call; the three add up to their number."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Put) -> Put:
        return Put(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class ContentCounts:
    """Records that become documents. `enriched` are the videos that have a summary."""

    videos: int
    articles: int
    enriched: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a home holds. `events_unknown_item` are events whose video or article is not known (yet)."""

    videos: int
    articles: int
    enriched: int
    readers: int
    events: int
    events_unknown_item: int


@dataclass(frozen=True, slots=True)
class Activity:
    """How many events a reader has, impressions included, and the ids of the videos they have seen."""

    n_events: int
    seen: frozenset[str]

    @classmethod
    def of(cls, events: Sequence[Event]) -> Activity:
        """That of one reader's `events`."""
        watched = (event for event in events if event.kind == "video" and event.action in SEEN_ACTIONS)
        return cls(len(events), frozenset(event.item_id for event in watched))


@dataclass(frozen=True, slots=True)
class StepFailure:
    """An ingest step that did not work out for an item, when, and why."""

    item: str
    step: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Located:
    """The video taken from a location, and the version of what lay there then."""

    version: str
    video_id: str
