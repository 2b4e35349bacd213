"""A reader's events -> Profile: weighted history, category mix and current session.

The weight of an event is action x dwell x recency x session boost; imported ones weigh less, and have a half-life of
their own. Recency is relative to the reader's newest event that is not an impression, so a profile changes neither
while the reader is away nor by impressions. The events of one item become one history item with the largest positive
plus the largest negative weight, because click, view and like of a video are one act of watching, not three. Of likes
and dislikes of one item only the newest counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, islice, pairwise

from shortlist.agent.batch import ItemBatch
from shortlist.core.config import ProfileConfig
from shortlist.core.types import IMPORT_REQUEST, NO_OBJECTIVE, Action, Event, HistoryItem, Objective, Profile, Reader
from shortlist.store.catalogue.results import Activity

ACTION_WEIGHT: dict[Action, float] = {
    "like": 1.5, "view": 1.0, "click": 1.0, "save": 1.0, "search": 0.3, "impression": 0.0, "skip": -0.5,
    "dislike": -1.5,
}  # fmt: skip
JUDGEMENTS: frozenset[Action] = frozenset({"like", "dislike"})
DWELL_COUNTS: frozenset[Action] = frozenset({"view", "click"})
DAY_S = 86400.0


def build_profile(
    reader: Reader,
    events: Sequence[Event],
    activity: Activity,
    items: ItemBatch,
    config: ProfileConfig,
    objective: Objective = NO_OBJECTIVE,
) -> Profile:
    """Return the profile of `reader` from their newest `events`, in any order, and the `activity` of all events.

    Events of items without an outline in `items` stay out of the history.
    """
    actions = (event for event in events if event.action != "impression")
    ordered = sorted(actions, key=lambda event: (event.at, event.event_id), reverse=True)
    session_start = _session_start(ordered, timedelta(minutes=config.session_gap_min))
    history = _normalise(_history(ordered, session_start, items, config))
    return Profile(
        user_id=reader.id,
        history=history,
        categories=_categories(history),
        session_start=session_start,
        seen=activity.seen,
        n_events=activity.n_events,
        interests=reader.interests,
        disliked=activity.disliked,
        disliked_channels=activity.disliked_channels,
        objective=objective,
    )


def event_weight(event: Event, newest: datetime, session_start: datetime, config: ProfileConfig) -> float:
    """Return the signed weight of one event before normalisation; `newest` is the time of the reader's newest event."""
    age_days = (newest - event.at).total_seconds() / DAY_S
    boost = config.session_boost if event.at >= session_start else 1.0
    imported = event.request_id is not None and event.request_id.startswith(IMPORT_REQUEST)
    half_life_days = config.imported_half_life_days if imported else config.half_life_days
    recency: float = 0.5 ** (age_days / half_life_days)
    origin = config.imported_weight if imported else 1.0
    return ACTION_WEIGHT[event.action] * origin * _dwell_share(event, config) * recency * boost


def _dwell_share(event: Event, config: ProfileConfig) -> float:
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
    newest_first: Sequence[Event], session_start: datetime | None, items: ItemBatch, config: ProfileConfig
) -> list[HistoryItem]:
    if session_start is None:
        return []
    known = (event for event in newest_first if items.outline(event.kind, event.item_id) is not None)
    considered = list(islice(known, config.max_history))
    newest = newest_first[0].at
    weighted = [(event, event_weight(event, newest, session_start, config)) for event in considered]
    weighted.sort(key=lambda pair: (pair[0].kind, pair[0].item_id))  # stable: each item's events stay newest first
    groups = groupby(weighted, key=lambda pair: (pair[0].kind, pair[0].item_id))
    history = [_merge(_without_revoked(list(group)), items) for _, group in groups]
    return sorted(history, key=lambda item: (-item.at.timestamp(), item.item_id))


def _without_revoked(newest_first: Sequence[tuple[Event, float]]) -> list[tuple[Event, float]]:
    """Return the events without likes and dislikes that a newer like or dislike has replaced."""
    last = next((event.action for event, _ in newest_first if event.action in JUDGEMENTS), None)
    return [pair for pair in newest_first if pair[0].action in {last} or pair[0].action not in JUDGEMENTS]


def _merge(weighted: Sequence[tuple[Event, float]], items: ItemBatch) -> HistoryItem:
    weights = [weight for _, weight in weighted]
    total = max(0.0, *weights) + min(0.0, *weights)
    strongest, _ = max(weighted, key=lambda pair: pair[1] if total >= 0 else -pair[1])
    dwells = [event.dwell_s for event, _ in weighted if event.dwell_s is not None]
    record = items.outline(strongest.kind, strongest.item_id)
    return HistoryItem(
        item_id=strongest.item_id,
        kind=strongest.kind,
        action=strongest.action,
        at=weighted[0][0].at,
        dwell_s=max(dwells, default=None),
        title=record.title if record else "",
        category=record.category if record else None,
        weight=total,
        category_is_guess=bool(record and record.category_is_guess),
    )


def _normalise(history: Sequence[HistoryItem]) -> tuple[HistoryItem, ...]:
    positive = math.fsum(item.weight for item in history if item.weight > 0) or 1.0
    # With only one weak like, the weight of a skip would grow without bound: cap it at all that is liked.
    return tuple(replace(item, weight=max(-1.0, item.weight / positive)) for item in history)


def _categories(history: Sequence[HistoryItem]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for item in history:
        if item.weight > 0 and item.category:
            shares[item.category] = shares.get(item.category, 0.0) + item.weight
    return dict(sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])))
