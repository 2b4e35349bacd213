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
from shortlist.ops.drift.content import ADVICE, Counts, vector_features
from shortlist.ops.drift.samples import Labels
from shortlist.retrieval.index.columns import Labels as LabelColumn
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.catalogue.rows import from_micros
from shortlist.store.home import Home

UNKNOWN = "(unknown)"


def calendar_of(home: Home, config: Config, now: datetime) -> Calendar:
    """Return the days to check: the newest is the last complete day that has events. Raises `UsageError` without."""
    newest = max(_by_day(home, days=1), default=None)
    if newest is None:
        remedy = "add events (`shortlist ingest events`), or wait until readers have watched something"
        raise UsageError("nothing can drift", expected="events of readers", found="none", remedy=remedy)
    yesterday = now.astimezone(UTC).date() - timedelta(days=1)
    return Calendar.ending(min(newest, yesterday), config.drift.reference_days, config.drift.recent_days)


def home_features(home: Home, config: Config, calendar: Calendar) -> list[Feature]:
    """Return the features of the days of `calendar`."""
    snapshot = load_snapshot(home, config.retrieval)
    chosen, published = _by_day(home, len(calendar.days) + 2), _published(snapshot, calendar)
    begins = datetime.combine(calendar.days[0], time(), UTC)

    def vectors_of(ids: Sequence[str]) -> Mapping[str, FloatArray]:
        return snapshot.vectors_of("video", ids)

    def titles_of(ids: Sequence[str]) -> Mapping[str, str]:
        return {item_id: one.title for item_id, one in home.catalogue.videos.outlines(ids).items()}

    labels = {"category": snapshot.columns.category, "language": snapshot.columns.language}
    return [
        *(
            Feature(Labels(f"chosen videos: {name}", _labelled(chosen, snapshot, column)), ADVICE, retrain=True)
            for name, column in labels.items()
        ),
        *vector_features("chosen videos", chosen, vectors_of, titles_of, calendar),
        *vector_features("new videos", published, vectors_of, titles_of, calendar),
        *answer_features(
            home.catalogue.exposures.iterate(since=begins), home.catalogue.events.answering(begins), snapshot.popular
        ),
    ]


def _by_day(home: Home, days: float) -> Counts:
    """Return the number of choices of each video, by day, over so many days before the newest event."""
    found: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for item_id, at, chosen in home.catalogue.events.iterate_log(days):
        if chosen and (moment := from_micros(at)) is not None:
            found[moment.date()][item_id] += 1
    return found


def _published(snapshot: Snapshot, calendar: Calendar) -> Counts:
    """Return the videos published on each day of `calendar`, each counted once."""
    found: defaultdict[date, Counter[str]] = defaultdict(Counter)
    published, begins = snapshot.columns.published, datetime.combine(calendar.days[0], time(), UTC).timestamp()
    for row in np.flatnonzero(snapshot.live & (published >= begins)).tolist():  # NaN, which is unknown, is not later
        found[datetime.fromtimestamp(published[row], UTC).date()][snapshot.ids[row]] += 1
    return found


def _labelled(counts: Counts, snapshot: Snapshot, column: LabelColumn) -> Counts:
    """Return the number of rows of each label of the videos, by day. Videos that are not in the index are left out."""
    found: dict[date, Counter[str]] = {}
    for day, items in counts.items():
        found[day] = Counter()
        for item_id, number in items.items():
            row = snapshot.row(item_id)
            if row is not None:
                found[day][column[row] or UNKNOWN] += number
    return found
