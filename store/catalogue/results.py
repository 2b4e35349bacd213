"""Results of the catalogue's methods: counts, outcomes, activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shortlist.core.types import SEEN_ACTIONS, Event

StepStatus = Literal["done", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Put:
    """Numbers of new, changed and unchanged records of one call. Together they are all of its records."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Put) -> Put:
        return Put(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class ContentCounts:
    """Numbers of records that have documents. `enriched` counts the videos with a summary."""

    videos: int
    articles: int
    enriched: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of all records of a home. `events_unknown_item` counts events of unknown videos or articles."""

    videos: int
    articles: int
    enriched: int
    readers: int
    events: int
    events_unknown_item: int


@dataclass(frozen=True, slots=True)
class Activity:
    """The number of a reader's events, including impressions, and the ids of the videos they have seen.

    `disliked` holds the ids of the videos that they disliked and have not liked since, `disliked_channels` the names of
    the channels that they disliked.
    """

    n_events: int
    seen: frozenset[str]
    disliked: frozenset[str] = frozenset()
    disliked_channels: frozenset[str] = frozenset()

    @classmethod
    def of(cls, events: Sequence[Event]) -> Activity:
        """Return the activity in `events` of one reader."""
        watched = (event for event in events if event.kind == "video" and event.action in SEEN_ACTIONS)
        judged = [event for event in sorted(events, key=_order_of_judgements) if event.action in ("like", "dislike")]
        newest = {(event.kind, event.item_id): event.action for event in judged}
        disliked = [key for key, action in newest.items() if action == "dislike"]
        return cls(
            len(events),
            frozenset(event.item_id for event in watched),
            frozenset(item_id for kind, item_id in disliked if kind == "video"),
            frozenset(item_id for kind, item_id in disliked if kind == "channel"),
        )


def _order_of_judgements(event: Event) -> tuple[datetime, bool]:
    return event.at, event.action == "dislike"  # of equal times the dislike counts


@dataclass(frozen=True, slots=True)
class StepFailure:
    """A failed ingest step of an item. `cause` is the code of the error, "" if an older version recorded it."""

    item: str
    step: str
    cause: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Located:
    """The video ingested from a location, and the version of the content at that time."""

    version: str
    video_id: str
