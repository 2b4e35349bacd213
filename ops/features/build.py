"""Bring a feature store up to date. Only days with anything new are written again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from shortlist.core.config import Config
from shortlist.ops.features.changes import history, with_sessions
from shortlist.ops.features.events import read_events
from shortlist.ops.features.feature_store import FeatureStore
from shortlist.ops.features.progress import Progress
from shortlist.ops.features.views import DAY_US, VIEWS
from shortlist.store.catalogue.rows import EPOCH, to_micros
from shortlist.store.home import Home
from shortlist.store.home_files import FEATURES_LOCK
from shortlist.store.lock import locked

BUSY = "the features are being built"
REACH_US = max(view.reach for view in VIEWS.values())
CHUNK_US = 28 * DAY_US  # of a long history, so that its rows fit into memory


@dataclass(frozen=True, slots=True)
class Built:
    """The numbers of events that were read, and of rows that were written by view. `whole` if all days were built.

    `too_late` events were stored so long after they happened that every window had left them behind.
    """

    events: int
    too_late: int
    rows: dict[str, int]
    whole: bool


def build(home: Home, config: Config, store: FeatureStore, now: datetime | None = None) -> Built:
    """Build the features of all that is known before `now`. A build that was killed is done again by the next.

    Everything is built again if events were removed, a backup was restored, or a definition or a setting of features
    changed. Raises `HomeLocked` if another process builds.
    """
    with locked(home.path / FEATURES_LOCK, BUSY), home.catalogue.snapshot():
        number, removal = home.catalogue.events.version()
        old = store.progress()
        until = max(to_micros(now or datetime.now(UTC)) or 0, old.until if old else 0)
        versions = {view.name: view.version for view in VIEWS.values()}
        progress = Progress(until, versions, _settings(config), number, _id_of(home, number), removal)
        whole = old is None or not _goes_on(home, old, progress)
        if old is None or whole:
            store.clear()
            events = read_events(home.catalogue, config.features.clock)
            since = _start_of_day(_earliest(events, until))
        else:
            new = read_events(home.catalogue, config.features.clock, after=old.last_event)
            since = _start_of_day(min(old.until, _earliest(new, until)))
            events = read_events(home.catalogue, config.features.clock, since - REACH_US - _gap(config))
        rows = _put(store, with_sessions(events, _gap(config)), since, until)
        store.commit(progress)
    too_late = events.filter(pl.col("known") - pl.col("at") >= REACH_US).height
    return Built(len(events), too_late, rows, whole)


def _settings(config: Config) -> str:
    return f"clock {config.features.clock}, session gap {_gap(config)}, online in {config.features.online}"


def _goes_on(home: Home, old: Progress, progress: Progress) -> bool:
    """Return whether all that was built is still right. A restored backup gives the numbers of events away again."""
    same = replace(old, until=progress.until, last_event=progress.last_event, last_id=progress.last_id) == progress
    return same and _id_of(home, old.last_event) == old.last_id


def _id_of(home: Home, number: int) -> str:
    event = home.catalogue.events.get_numbered(number)
    return event.event_id if event else ""


def _put(store: FeatureStore, events: pl.DataFrame, since: int, until: int) -> dict[str, int]:
    """Put the rows of all views between `since` and `until`, and return their numbers."""
    written = dict.fromkeys(VIEWS, 0)
    for begin in range(since, max(until, since + 1), CHUNK_US):
        end = min(begin + CHUNK_US, until)
        for view in VIEWS.values():
            near = events.filter(pl.col("at") >= begin - view.reach, pl.col("known") < end)
            rows = history(view, near, begin, end)
            store.put(view, (EPOCH + timedelta(microseconds=begin)).date(), rows)
            written[view.name] += len(rows)
    return written


def _gap(config: Config) -> int:
    return round(config.profile.session_gap_min * 60_000_000)


def _earliest(events: pl.DataFrame, until: int) -> int:
    known = events["known"].min()
    return min(known, until) if isinstance(known, int) else until


def _start_of_day(moment: int) -> int:
    return moment // DAY_US * DAY_US
