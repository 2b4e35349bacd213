"""The seam of feature stores: history that is exact in time (offline), and newest values (online)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

import polars as pl

from shortlist.ops.features.progress import Progress
from shortlist.ops.features.views import View

TIME = pl.Datetime("us", "UTC")


class FeatureStore(Protocol):
    """A store of the rows of `ops.features.changes.history`.

    The value of an entity at a moment is its newest row before that moment. Whatever is read has the keys of the view,
    `at` (a time in UTC) and the features of the view. An entity without an event in its windows has counts of 0 and no
    value in its other features. All reading methods but `progress` raise `UsageError` if
    the view was never built, or by another definition.
    """

    def progress(self) -> Progress | None:
        """Return the end of the last build; None before the first, and while everything is built again."""
        ...

    def clear(self) -> None:
        """Remove everything."""
        ...

    def put(self, view: View, since: date, rows: pl.DataFrame) -> None:
        """Store `rows`, all of the day `since` and later days, in the place of those that are stored of these days.

        The online value of an entity is replaced unless it is of a later time.
        """
        ...

    def commit(self, progress: Progress) -> None:
        """End a build."""
        ...

    def days(self, view: View) -> Sequence[date]:
        """Return the days on which any value changed, oldest first."""
        ...

    def day(self, view: View, day: date) -> pl.DataFrame:
        """Return the values at the end of a day, or of the last build if that is earlier.

        There is one row for each entity with an event in any window, by keys.
        """
        ...

    def as_of(self, view: View, points: pl.DataFrame) -> pl.DataFrame:
        """Return the values at the `points`, which have the columns `view.entity` and `at`, in their order.

        A view with an inner key returns a row for each of its values, and none for an entity without events. Raises
        `UsageError` for a point after the last build, whose values are not known.
        """
        ...

    def latest(self, view: View, keys: pl.DataFrame, now: datetime) -> pl.DataFrame:
        """Return the newest online values of `keys`, with the columns `view.entity`, in their order.

        `now` is the moment from which times since an event are counted.
        """
        ...
