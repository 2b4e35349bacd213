"""Daily values from a feature store, and their labels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shortlist.core.config import Config
from shortlist.core.types import Attributed, Enrichment, Event, Video
from shortlist.ops.drift.daily import DailyFeatures, newest_active_day
from shortlist.ops.features.build import build
from shortlist.ops.features.local_store import LocalFeatureStore
from shortlist.store.home import Home

BY_EVENT = Config.model_validate({"features": {"clock": "event"}})
FIRST, SECOND, THIRD = (date(2026, 11, day) for day in (2, 3, 4))


def act(user: str, item: str, day: int, action: str = "view", dwell_s: float | None = None) -> Event:
    return Event(user, item, "video", action, datetime(2026, 11, day, 12, tzinfo=UTC), dwell_s)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFeatureStore]:
    """Features of two readers on two days, and of a third day on which nothing happened."""
    path: Path = tmp_path_factory.mktemp("daily") / "home"
    with Home.open(path, "none") as home:
        news = Enrichment(category=Attributed("News", "given"))
        with home.writing():
            home.catalogue.videos.put([Video(f"v{n}", f"Video {n}", enrichment=news) for n in range(3)])
        home.catalogue.events.add([
            act("ann", "v0", 2, dwell_s=10), act("ann", "v1", 2, dwell_s=30), act("ben", "v0", 2, dwell_s=5),
            act("ann", "v0", 3, dwell_s=8), act("ben", "v2", 3, "impression"), act("ben", "v2", 3, "skip"),
        ])  # fmt: skip
        store = LocalFeatureStore(home)
        build(home, BY_EVENT, store, datetime(2026, 11, 5, tzinfo=UTC))
        yield store


def test_a_day_has_the_values_of_that_day_alone(store: LocalFeatureStore) -> None:
    numbers = {one.name: one.by_day for one in DailyFeatures(store, [FIRST, SECOND, THIRD]).numbers()}
    dwell = {day: sorted(values.tolist()) for day, values in numbers["reader: dwell_s_24h"].items()}
    assert dwell == {FIRST: [5, 20], SECOND: [8], THIRD: []}
    assert sorted(numbers["item: choices_24h"][FIRST].tolist()) == [1, 2]
    assert not any(name.endswith(("_7d", "_28d", "_1h")) for name in numbers)


def test_chosen_videos_and_categories_are_counted_by_day(store: LocalFeatureStore) -> None:
    daily = DailyFeatures(store, [FIRST, SECOND, THIRD])
    assert daily.chosen() == {FIRST: {"v0": 2, "v1": 1}, SECOND: {"v0": 1}, THIRD: {}}
    assert daily.categories().rows() == {FIRST: 3, SECOND: 1, THIRD: 0}


def test_the_newest_day_is_the_last_with_events(store: LocalFeatureStore) -> None:
    assert newest_active_day(store, until=date(2026, 11, 5)) == SECOND
    assert newest_active_day(store, until=FIRST) == FIRST
    assert newest_active_day(store, until=date(2026, 11, 1)) is None
