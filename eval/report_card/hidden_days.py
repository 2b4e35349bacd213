"""The hidden days of a reader's past, and what could have been watched on each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from shortlist.core.types import Event, Video
from shortlist.eval.tasks.from_home import is_new_choice
from shortlist.store.catalogue.results import Activity

DAY = timedelta(days=1)
LONGEST = timedelta(days=30)
KNOWN = 0.8  # at least this share of the choices is before the cut
LEAST_CANDIDATES = 20  # of fewer, a list of ten is no choice
MOST_CANDIDATES = 1000


@dataclass(frozen=True, slots=True)
class HiddenDay:
    """The videos that were new to a reader and `watched` on the day from `start` on, among its `candidates`, sorted."""

    start: datetime
    watched: frozenset[str]
    candidates: tuple[str, ...]


def cut_of(choices: Sequence[Event]) -> datetime | None:
    """Return the midnight (UTC) that starts the hidden part: 30 days or the last fifth, whichever is less."""
    times = sorted(event.at for event in choices)
    if not times:
        return None
    return midnight(max(times[-1] - LONGEST, times[int(len(times) * KNOWN)]))


def midnight(at: datetime) -> datetime:
    """Return the start of the day of `at` in UTC."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def hidden_days(
    own: Sequence[Event], others: Iterable[Event], videos: Mapping[str, Video], cut: datetime, seed: int
) -> list[HiddenDay]:
    """Return the days from `cut` on with new choices of the reader and at least `LEAST_CANDIDATES` candidates.

    Candidates are unseen videos that were published on the day, or on the day when a watched one was, or that another
    reader chose on the day. At most `MOST_CANDIDATES` of them are drawn, with those watched.
    """
    published: dict[datetime, set[str]] = defaultdict(set)
    for video in videos.values():
        if video.published is not None:
            published[midnight(video.published)].add(video.id)
    chosen: dict[datetime, set[str]] = defaultdict(set)
    for event in others:
        if event.at >= cut and is_new_choice(event, videos):
            chosen[midnight(event.at)].add(event.item_id)
    seen = set(Activity.of([event for event in own if event.at < cut]).seen)
    by_day: dict[datetime, list[Event]] = defaultdict(list)
    for event in own:
        if event.at >= cut:
            by_day[midnight(event.at)].append(event)
    rng, days = np.random.default_rng(seed), []
    for start, events in sorted(by_day.items()):
        watched = {event.item_id for event in events if is_new_choice(event, videos)} - seen
        same_days = {start} | {midnight(at) for one in watched if (at := videos[one].published) is not None}
        could = set.union(chosen[start], *(published[day] for day in same_days if day <= start)) - seen - watched
        others_of_day = sorted(could)
        if len(could) > MOST_CANDIDATES - len(watched):
            others_of_day = rng.choice(others_of_day, max(0, MOST_CANDIDATES - len(watched)), replace=False).tolist()
        if watched and len(watched) + len(others_of_day) >= LEAST_CANDIDATES:
            days.append(HiddenDay(start, frozenset(watched), tuple(sorted({*others_of_day, *watched}))))
        seen |= Activity.of(events).seen
    return days
