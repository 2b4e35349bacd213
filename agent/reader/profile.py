"""A reader's events -> Profile: what was liked how much, what was seen, where the current session began.

The weight of an event is action x dwell x recency x session boost. Recency is relative to the reader's newest
act, so a profile changes neither while the reader is away nor by what they are only shown. The events of one
item become one history item: its strongest liking plus its strongest dislike, because click, view and like of
a video are one act of watching, not three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, islice, pairwise

from shortlist.agent.batch import ItemBatch
from shortlist.core.config import ProfileConfig
from shortlist.core.types import Action, Event, HistoryItem, Profile, Reader
from shortlist.store.catalogue.records import Activity

ACTION_WEIGHT: dict[Action, float] = {"like": 1.5, "view": 1.0, "click": 1.0, "impression": 0.0, "skip": -0.5}
DWELL_COUNTS: frozenset[Action] = frozenset({"view", "click"})
DAY_S = 86400.0


def build_profile(
    reader: Reader, events: Sequence[Event], activity: Activity, shelf: ItemBatch, config: ProfileConfig
) -> Profile:
    """The profile of `reader` from their newest `events`, in any order, and the `activity` of all of them.

    `shelf` holds the records of the items; an item that is not in it tells nothing and stays out of the history.
    """
    acts = (event for event in events if event.action != "impression")
    ordered = sorted(acts, key=lambda event: (event.at, event.event_id), reverse=True)
    session_start = _session_start(ordered, timedelta(minutes=config.session_gap_min))
    history = _normalised(_history(ordered, session_start, shelf, config))
    return Profile(
        user_id=reader.id,
        history=history,
        categories=_categories(history),
        session_start=session_start,
        seen=activity.seen,
        n_events=activity.n_events,
        interests=reader.interests,
    )


def event_weight(event: Event, newest: datetime, session_start: datetime, config: ProfileConfig) -> float:
    """The signed weight of one event before normalisation; `newest` is the time of the reader's newest act."""
    age_days = (newest - event.at).total_seconds() / DAY_S
    boost = config.session_boost if event.at >= session_start else 1.0
    recency: float = 0.5 ** (age_days / config.half_life_days)
    return ACTION_WEIGHT[event.action] * _dwell(event, config) * recency * boost


def _dwell(event: Event, config: ProfileConfig) -> float:
    if event.dwell_s is None or event.action not in DWELL_COUNTS:
        return 1.0
    return min(1.0, event.dwell_s / config.full_dwell_s)


def _session_start(newest_first: Sequence[Event], gap: timedelta) -> datetime | None:
    if not newest_first:
        return None
    for later, earlier in pairwise(newest_first):
        if later.at - earlier.at > gap:
            return later.at
    return newest_first[-1].at


def _history(
    newest_first: Sequence[Event], session_start: datetime | None, shelf: ItemBatch, config: ProfileConfig
) -> list[HistoryItem]:
    if session_start is None:
        return []
    known = (event for event in newest_first if shelf.item(event.kind, event.item_id) is not None)
    telling = list(islice(known, config.max_history))
    newest = newest_first[0].at
    weighted = [(event, event_weight(event, newest, session_start, config)) for event in telling]
    weighted.sort(key=lambda pair: (pair[0].kind, pair[0].item_id))  # stable: each item's events stay newest first
    groups = groupby(weighted, key=lambda pair: (pair[0].kind, pair[0].item_id))
    merged = [_merged(list(group), shelf) for _, group in groups]
    return sorted(merged, key=lambda item: (-item.at.timestamp(), item.item_id))


def _merged(weighted: Sequence[tuple[Event, float]], shelf: ItemBatch) -> HistoryItem:
    weights = [weight for _, weight in weighted]
    total = max(0.0, *weights) + min(0.0, *weights)
    telling, _ = max(weighted, key=lambda pair: pair[1] if total >= 0 else -pair[1])
    dwells = [event.dwell_s for event, _ in weighted if event.dwell_s is not None]
    record = shelf.item(telling.kind, telling.item_id)
    return HistoryItem(
        item_id=telling.item_id,
        kind=telling.kind,
        action=telling.action,
        at=weighted[0][0].at,
        dwell_s=max(dwells, default=None),
        title=record.title if record else "",
        category=record.category if record else None,
        weight=total,
    )


def _normalised(history: Sequence[HistoryItem]) -> tuple[HistoryItem, ...]:
    positive = math.fsum(item.weight for item in history if item.weight > 0) or 1.0
    # Next to one faint liking a skip would grow without bound: no dislike outweighs all that is liked.
    return tuple(replace(item, weight=max(-1.0, item.weight / positive)) for item in history)


def _categories(history: Sequence[HistoryItem]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for item in history:
        if item.weight > 0 and item.category:
            shares[item.category] = shares.get(item.category, 0.0) + item.weight
    return dict(sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])))
