"""Everything of a home that is checked for drift."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from shortlist.core.config import Config
from shortlist.core.errors import UsageError
from shortlist.core.ranking import FloatArray
from shortlist.ops.drift.answers import answer_features
from shortlist.ops.drift.check import Calendar, Feature
from shortlist.ops.drift.content import ADVICE, vector_features
from shortlist.ops.drift.daily import DailyFeatures, ItemCounts, newest_active_day
from shortlist.ops.drift.samples import Labels
from shortlist.ops.features.feature_store import FeatureStore
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.home import Home

UNKNOWN = "(unknown)"


def calendar_of(store: FeatureStore, config: Config, now: datetime) -> Calendar:
    """Return the days to check: the newest is the last complete day that has events. Raises `UsageError` without."""
    newest = newest_active_day(store, until=now.astimezone(UTC).date() - timedelta(days=1))
    if newest is None:
        raise UsageError(
            "nothing can drift",
            expected="a complete day on which readers did something",
            found="none",
            remedy="wait for the end of the first day; for logs of the past that were ingested, set features.clock to "
            "event",
        )
    return Calendar.ending(newest, config.drift.reference_days, config.drift.recent_days)


def home_features(home: Home, store: FeatureStore, config: Config, calendar: Calendar) -> list[Feature]:
    """Return the features of the days of `calendar`."""
    snapshot, daily = load_snapshot(home, config.retrieval), DailyFeatures(store, calendar.days)
    begins = datetime.combine(calendar.days[0], time(), UTC)

    def vectors_of(ids: Sequence[str]) -> Mapping[str, FloatArray]:
        return snapshot.vectors_of("video", ids)

    def titles_of(ids: Sequence[str]) -> Mapping[str, str]:
        return {item_id: one.title for item_id, one in home.catalogue.videos.outlines(ids).items()}

    chosen = daily.chosen()
    samples = [*daily.numbers(), daily.categories(), _languages(chosen, snapshot)]
    return [
        *(Feature(sample, ADVICE, retrain=True) for sample in samples),
        *vector_features("chosen videos", chosen, vectors_of, titles_of, calendar),
        *vector_features("new videos", _published(snapshot, calendar), vectors_of, titles_of, calendar),
        *answer_features(
            home.catalogue.exposures.iterate(since=begins), home.catalogue.events.answering(begins), snapshot.popular
        ),
    ]


def _published(snapshot: Snapshot, calendar: Calendar) -> ItemCounts:
    """Return the videos published on each day of `calendar`, each counted once."""
    found: defaultdict[date, Counter[str]] = defaultdict(Counter)
    published, begins = snapshot.columns.published, datetime.combine(calendar.days[0], time(), UTC).timestamp()
    for row in np.flatnonzero(snapshot.live & (published >= begins)).tolist():  # NaN, which is unknown, is not later
        found[datetime.fromtimestamp(published[row], UTC).date()][snapshot.ids[row]] += 1
    return found


def _languages(chosen: ItemCounts, snapshot: Snapshot) -> Labels:
    """Return how often each language was chosen, by day. Videos that are not in the index are left out."""
    found: dict[date, Counter[str]] = {}
    for day, items in chosen.items():
        found[day] = Counter()
        for item_id, number in items.items():
            row = snapshot.row(item_id)
            if row is not None:
                found[day][snapshot.columns.language[row] or UNKNOWN] += number
    return Labels("chosen videos: language", found)
