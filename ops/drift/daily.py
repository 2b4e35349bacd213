"""The features of readers and videos by day, from the feature store: the values that count one calendar day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import polars as pl

from shortlist.ops.drift.divergence import Floats
from shortlist.ops.drift.samples import Labels, Numbers, Sample
from shortlist.ops.features.feature_store import FeatureStore
from shortlist.ops.features.views import ITEM, READER, READER_CATEGORY, View

DAY = "_24h"  # ends the names of features that count the last 24 hours: at the end of a day, that day
LONGER = ("_1h", "_7d", "_28d")  # of windows that are no day

ItemCounts = Mapping[date, Mapping[str, int]]


class DailyFeatures:
    """The values of `days` in a store. Only readers and videos with an event on a day have values of that day."""

    def __init__(self, store: FeatureStore, days: Sequence[date]) -> None:
        self._frames = {
            view.name: {day: store.day(view, day).filter(_is_active(view)) for day in days}
            for view in (READER, READER_CATEGORY, ITEM)
        }

    def numbers(self) -> Iterator[Numbers]:
        """Yield each feature of readers and of videos, without missing values."""
        for view in (READER, ITEM):
            for column in view.features:
                if not column.endswith(LONGER):
                    yield Numbers(f"{view.name}: {column}", self._values(view, column))

    def categories(self) -> Sample:
        """Return how often each category was chosen."""
        frames = self._frames[READER_CATEGORY.name].items()
        return Labels("chosen: category", {day: _sums(frame, "category", f"choices{DAY}") for day, frame in frames})

    def chosen(self) -> ItemCounts:
        """Return how often each video was chosen, by day."""
        frames = self._frames[ITEM.name].items()
        return {day: _sums(frame, "item_id", f"choices{DAY}") for day, frame in frames}

    def _values(self, view: View, column: str) -> dict[date, Floats]:
        frames = self._frames[view.name].items()
        return {day: frame[column].drop_nulls().cast(pl.Float64).to_numpy() for day, frame in frames}


def newest_active_day(store: FeatureStore, until: date) -> date | None:
    """Return the newest day, at most `until`, on which a reader did anything; None if there is none."""
    days = (day for day in reversed(store.days(READER)) if day <= until)
    return next((day for day in days if store.day(READER, day).filter(_is_active(READER)).height), None)


def _is_active(view: View) -> pl.Expr:
    counts = [name for name in view.counts if name.endswith(DAY) and name in view.features]
    return pl.any_horizontal(pl.col(*counts) > 0)


def _sums(frame: pl.DataFrame, label: str, count: str) -> dict[str, int]:
    summed = frame.group_by(label).agg(pl.col(count).sum()).filter(pl.col(count) > 0).sort(label)
    return dict(summed.iter_rows())
