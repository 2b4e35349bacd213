"""The videos that a reader watched on some days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from shortlist.agent.reader.records import MAX_EVENTS, Records
from shortlist.core.types import Action, Event, HistoryItem

WATCHING: frozenset[Action] = frozenset({"view", "click", "like"})


def load_watched(
    records: Records, user_id: str, first: date, end: date | None
) -> list[tuple[HistoryItem, float | None]]:
    """Return the videos that `user_id` watched from `first` to the day before `end` (in UTC), newest first.

    Each comes with its length in seconds, once, with its longest dwell time. Impressions, skips and dislikes do not
    count. Only the reader's newest `MAX_EVENTS` interactions are read. Raises `UnknownReader`.
    """
    user_id = records.readers.get(user_id).id
    start = datetime.combine(first, time(), UTC)
    stop = datetime.combine(end, time(), UTC) if end else None
    events = [
        event
        for event in records.events.newest_interactions([user_id], MAX_EVENTS)[user_id]
        if event.kind == "video"
        and event.action in WATCHING
        and start <= event.at < (stop or datetime.max.replace(tzinfo=UTC))
    ]
    by_video: dict[str, list[Event]] = {}
    for event in events:
        by_video.setdefault(event.item_id, []).append(event)
    videos = records.videos.get_many(list(by_video))
    return [
        (_item(own, videos[video_id].display_title, videos[video_id].category), videos[video_id].duration_s)
        for video_id, own in by_video.items()
        if video_id in videos
    ]


def _item(events: Sequence[Event], title: str, category: str | None) -> HistoryItem:
    """Return one item for all `events` of a video: watched if any of them has a dwell time, else the newest action."""
    longest = max(events, key=lambda event: -1.0 if event.dwell_s is None else event.dwell_s)
    return HistoryItem(
        longest.item_id, "video", longest.action, events[0].at, longest.dwell_s, title, category, weight=0.0
    )
