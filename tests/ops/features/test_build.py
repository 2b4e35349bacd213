"""Builds of a home's features: what is built in pieces equals what is built at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from shortlist.core.config import Config
from shortlist.core.errors import HomeLocked
from shortlist.core.types import Event, Video
from shortlist.ops.features.build import build
from shortlist.ops.features.local_store import LocalFeatureStore
from shortlist.ops.features.views import ITEM, READER, VIEWS
from shortlist.store.backups.backup import back_up, list_backups
from shortlist.store.backups.restore import restore
from shortlist.store.home import Home
from shortlist.store.home_files import FEATURES_LOCK
from shortlist.store.lock import locked
from tests.ops.features.conftest import later

BY_EVENT = Config.model_validate({"features": {"clock": "event"}})
BY_ARRIVAL = Config()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", "none") as home:
        with home.writing():
            home.catalogue.videos.put([Video(f"v{n}", f"Video {n}", duration_s=60.0) for n in range(4)])
        yield home


def watch(user: str, item: str, **parts: float) -> Event:
    return Event(user, item, "video", "view", later(**parts), 30.0)


def everything(home: Home) -> dict[str, bytes]:
    """The content of all files, and the online rows."""
    folder = home.path / "features"
    files = {
        str(path.relative_to(folder)): repr(pl.read_parquet(path).rows()).encode()
        for path in sorted(folder.rglob("*.parquet"))
    }
    readers = pl.DataFrame({"user_id": ["ann", "ben"]})
    online = LocalFeatureStore(home).latest(READER, readers, later(days=9))
    return {**files, "online": repr(online.rows()).encode()}


def test_building_after_each_delivery_equals_building_once(home: Home) -> None:
    store = LocalFeatureStore(home)
    deliveries = [
        ([watch("ann", "v0", hours=1), watch("ben", "v1", hours=2)], 6),
        ([watch("ann", "v2", hours=30)], 31),
        ([watch("ann", "v1", hours=3), watch("ben", "v1", hours=49)], 50),  # the first belongs to a day that is over
    ]
    for events, hours in deliveries:
        home.catalogue.events.add(events)
        built = build(home, BY_EVENT, store, later(hours=hours))
    assert not built.whole
    streamed = everything(home)
    store.clear()
    assert build(home, BY_EVENT, store, later(hours=50)).whole
    assert everything(home) == streamed
    assert [path.name for path in sorted((home.path / "features/item").iterdir())] == [
        "2026-11-01.parquet", "2026-11-02.parquet", "2026-11-03.parquet",
    ]  # fmt: skip


def test_by_arrival_nothing_is_known_before_it_is_stored(home: Home) -> None:
    store = LocalFeatureStore(home)
    now = datetime.now(later().tzinfo)
    home.catalogue.events.add([Event("ann", "v0", "video", "view", now - timedelta(hours=5), 30.0)])
    build(home, BY_ARRIVAL, store)
    points = pl.DataFrame({"item_id": ["v0"] * 2, "at": [now - timedelta(hours=1), store.progress().moment]})  # type: ignore[union-attr]
    assert store.as_of(ITEM, points)["plays_24h"].to_list() == [0, 1]
    build(home, BY_EVENT, store)
    assert store.as_of(ITEM, points)["plays_24h"].to_list() == [1, 1]


def test_only_days_with_something_new_are_written_again(home: Home) -> None:
    store = LocalFeatureStore(home)
    home.catalogue.events.add([watch("ann", "v0", hours=1), watch("ann", "v1", hours=30)])
    build(home, BY_EVENT, store, later(hours=40))
    first = (home.path / "features/item/2026-11-01.parquet").stat().st_mtime_ns
    home.catalogue.events.add([watch("ann", "v2", hours=41)])
    build(home, BY_EVENT, store, later(hours=42))
    assert (home.path / "features/item/2026-11-01.parquet").stat().st_mtime_ns == first
    assert store.day(ITEM, later(days=1).date())["item_id"].to_list() == ["v0", "v1", "v2"]


def test_a_removed_event_is_in_no_feature(home: Home) -> None:
    store = LocalFeatureStore(home)
    events = [watch("ann", "v0", hours=1), watch("ann", "v1", hours=2)]
    home.catalogue.events.add(events)
    build(home, BY_EVENT, store, later(hours=3))
    home.catalogue.events.remove([events[0].event_id])
    assert build(home, BY_EVENT, store, later(hours=4)).whole
    points = pl.DataFrame({"user_id": ["ann"], "at": [later(hours=4)]})
    assert store.as_of(READER, points)["choices_28d"].to_list() == [1]


def test_after_a_restored_backup_everything_is_built_again(tmp_path: Path, home: Home) -> None:
    """The restored catalogue gives the number of a lost event to another one."""
    store = LocalFeatureStore(home)
    home.catalogue.events.add([watch("ann", "v0", hours=1)])
    back_up(home.path, tmp_path / "backups")
    home.catalogue.events.add([watch("ann", "v1", hours=2)])
    build(home, BY_EVENT, store, later(hours=3))
    home.close()
    restore(home.path, list_backups(tmp_path / "backups")[0])
    with Home.open(home.path) as restored:
        restored.catalogue.events.add([watch("ben", "v1", hours=2)])
        store = LocalFeatureStore(restored)
        assert build(restored, BY_EVENT, store, later(hours=4)).whole
        points = pl.DataFrame({"user_id": ["ann", "ben"], "at": [later(hours=4)] * 2})
        assert store.as_of(READER, points)["choices_28d"].to_list() == [1, 1]


def test_a_home_without_events_is_built(home: Home) -> None:
    store = LocalFeatureStore(home)
    built = build(home, BY_ARRIVAL, store)
    assert (built.events, built.rows) == (0, dict.fromkeys(VIEWS, 0))
    assert list(store.days(READER)) == []


def test_one_build_at_a_time(home: Home) -> None:
    with locked(home.path / FEATURES_LOCK, "busy"), pytest.raises(HomeLocked, match="the features are being built"):
        build(home, BY_ARRIVAL, LocalFeatureStore(home))


def test_a_killed_build_is_done_again(home: Home) -> None:
    """Killed after its files are written, and before it is committed."""
    store = LocalFeatureStore(home)
    home.catalogue.events.add([watch("ann", "v0", hours=1)])
    build(home, BY_EVENT, store, later(hours=2))
    home.catalogue.events.add([watch("ann", "v1", hours=3)])

    class Dying(LocalFeatureStore):
        def commit(self, progress: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(home, BY_EVENT, Dying(home), later(hours=4))
    assert build(home, BY_EVENT, store, later(hours=4)).events == 2
    points = pl.DataFrame({"user_id": ["ann"], "at": [later(hours=4)]})
    assert store.as_of(READER, points)["choices_24h"].to_list() == [2]
