"""The feature store of a home: one Parquet file a day and view, and an online store for the newest rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from shortlist.core.errors import UsageError
from shortlist.ops.features.online import CatalogueOnline, OnlineStore
from shortlist.ops.features.progress import PROGRESS, Progress, read_progress
from shortlist.ops.features.values import is_left, newest_values, values_before
from shortlist.ops.features.views import DAY_US, View
from shortlist.store.catalogue.rows import from_micros, to_micros
from shortlist.store.home import Home
from shortlist.store.home_files import FEATURES
from shortlist.store.permissions import create_private

FIRST_DAY = date(1970, 1, 1)


class LocalFeatureStore:
    """The `FeatureStore` in the folder features of `home`. Newest rows are in its catalogue if `online` is None."""

    def __init__(self, home: Home, online: OnlineStore | None = None) -> None:
        self._home, self._folder = home.path, home.path / FEATURES
        self._online = online or CatalogueOnline(home.catalogue.features)

    def progress(self) -> Progress | None:
        """See `FeatureStore`."""
        return read_progress(self._home)

    def clear(self) -> None:
        """See `FeatureStore`."""
        (self._folder / PROGRESS).unlink(missing_ok=True)
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._online.clear()

    def put(self, view: View, since: date, rows: pl.DataFrame) -> None:
        """See `FeatureStore`."""
        folder = self._folder / view.name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stored = {day: folder / f"{day}.parquet" for day in self._days(view) if day >= since}
        for (number,), changed in rows.group_by(pl.col("at") // DAY_US, maintain_order=True):
            day = FIRST_DAY + timedelta(days=int(number))
            _write(folder / f"{day}.parquet", changed)
            stored.pop(day, None)
        for path in stored.values():
            path.unlink()
        self._online.put(view, rows)

    def commit(self, progress: Progress) -> None:
        """See `FeatureStore`."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        partial = self._folder / f"{PROGRESS}.partial"
        create_private(partial)
        partial.write_text(json.dumps(asdict(progress)))
        partial.replace(self._folder / PROGRESS)

    def days(self, view: View) -> Sequence[date]:
        """See `FeatureStore`."""
        self._built(view)
        return self._days(view)

    def day(self, view: View, day: date) -> pl.DataFrame:
        """See `FeatureStore`."""
        end = min(_start(day + timedelta(days=1)), self._built(view))
        newest = self._rows(view, end, end).filter(pl.col("at") < end).unique(view.keys, keep="last")
        rows = newest.filter(is_left(view))
        return newest_values(view, rows, rows.select(view.entity).unique().sort(view.entity).with_columns(at=end))

    def as_of(self, view: View, points: pl.DataFrame) -> pl.DataFrame:
        """See `FeatureStore`."""
        until = self._built(view)
        asked = points.with_columns(pl.col("at").dt.convert_time_zone("UTC").dt.cast_time_unit("us").cast(pl.Int64))
        first, last = asked["at"].min(), asked["at"].max()
        if not isinstance(first, int) or not isinstance(last, int):
            return values_before(view, self._rows(view, until, until).clear(), asked)
        if last > until:
            raise UsageError(
                "the features are not built so far", expected=f"a moment until {from_micros(until)}",
                found=str(from_micros(last)), remedy="run `shortlist ops features build`",
            )  # fmt: skip
        keys = asked.select(view.entity).unique()
        return values_before(view, self._rows(view, first, last).join(keys, on=view.entity, how="semi"), asked)

    def latest(self, view: View, keys: pl.DataFrame, now: datetime) -> pl.DataFrame:
        """See `FeatureStore`."""
        self._built(view)
        rows = self._online.get(view, keys.select(view.entity).unique())
        return newest_values(view, rows, keys.with_columns(at=to_micros(now)))

    def _built(self, view: View) -> int:
        """Return the end of the last build. Raises `UsageError` if there was none, or of another definition."""
        progress = self.progress()
        if progress is not None and progress.versions.get(view.name) == view.version:
            return progress.until
        found = f"{view.name} of version {progress.versions.get(view.name)}" if progress else "none"
        raise UsageError(
            "there are no features", expected=f"{view.name} of version {view.version}", found=found,
            remedy="run `shortlist ops features build`",
        )  # fmt: skip

    def _days(self, view: View) -> list[date]:
        return sorted(date.fromisoformat(path.stem) for path in (self._folder / view.name).glob("*.parquet"))

    def _rows(self, view: View, first: int, last: int) -> pl.DataFrame:
        """Return the rows that decide the values between the microseconds `first` and `last`, by keys and time."""
        names = [day for day in self._days(view) if first - view.reach - DAY_US < _start(day) < last]
        paths = [self._folder / view.name / f"{day}.parquet" for day in names]
        return pl.concat([view.schema.to_frame(), *map(pl.read_parquet, paths)])


def _start(day: date) -> int:
    return (day - FIRST_DAY).days * DAY_US


def _write(path: Path, rows: pl.DataFrame) -> None:
    partial = path.with_suffix(".partial")
    create_private(partial)
    rows.write_parquet(partial)
    partial.replace(path)
