"""Recorded answers, with the features that were known when they were given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shortlist.core.config import Config
from shortlist.core.exposures import Exposure, ShownItem
from shortlist.core.ranking import Request
from shortlist.core.types import Event, Reader, Video
from shortlist.ops.features.answers import join_features, shown
from shortlist.ops.features.build import build
from shortlist.ops.features.local_store import LocalFeatureStore
from shortlist.store.home import Home
from tests.ops.features.conftest import later

CONFIG = Config.model_validate({"features": {"clock": "event"}})


def answer(request_id: str, at: datetime, *items: str) -> Exposure:
    places = tuple(ShownItem(item, rank, 1 / rank) for rank, item in enumerate(items, start=1))
    return Exposure(request_id, at, Request("ann"), places, 1, 1, "none", "settings")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Ann watches v1 at hour 1, is shown v1 and v2 at hour 2, chooses v2, and is shown v2 again at hour 5."""
    with Home.open(tmp_path / "home", "none") as home:
        with home.writing():
            home.catalogue.videos.put([Video("v1", "One"), Video("v2", "Two")])
        home.catalogue.readers.put([Reader("ann")])
        home.catalogue.events.add(
            [
                Event("ann", "v1", "video", "view", later(hours=1), 10.0),
                Event("ann", "v2", "video", "impression", later(hours=2), request_id="first"),
                Event("ann", "v2", "video", "click", later(hours=3), request_id="first"),
            ]
        )
        home.catalogue.exposures.put(
            [answer("first", later(hours=2), "v1", "v2"), answer("second", later(hours=5), "v2")]
        )
        yield home


def test_each_shown_video_has_what_was_known_and_whether_it_was_chosen(home: Home) -> None:
    store = LocalFeatureStore(home)
    build(home, CONFIG, store, later(hours=9))
    rows = join_features(store, shown(home.catalogue, later(hours=9)))
    columns = ("request_id", "item_id", "rank", "chosen", "reader__choices_24h", "item__clicks_24h")
    assert rows.select(*columns, "reader_item__choices_28d").rows() == [
        ("first", "v1", 1, False, 1, 0, 1),
        ("first", "v2", 2, True, 1, 0, 0),
        ("second", "v2", 1, False, 2, 1, 1),
    ]


def test_a_late_event_changes_no_row_of_the_past(home: Home) -> None:
    """By the clock of arrival: what was read at the time of an answer is what is read later."""
    store = LocalFeatureStore(home)
    now = datetime.now(later().tzinfo)
    build(home, Config(), store, now)
    home.catalogue.exposures.put([answer("now", now, "v1")])
    before = join_features(store, shown(home.catalogue, now))
    home.catalogue.events.add([Event("ann", "v1", "video", "like", now - timedelta(minutes=5))])
    build(home, Config(), store)
    assert join_features(store, shown(home.catalogue, now)).equals(before)


def test_answers_after_the_last_build_are_left_out(home: Home) -> None:
    store = LocalFeatureStore(home)
    build(home, CONFIG, store, later(hours=4))
    assert join_features(store, shown(home.catalogue, later(hours=4)))["request_id"].unique().to_list() == ["first"]


def test_without_answers_the_table_is_empty(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", "none") as home:
        store = LocalFeatureStore(home)
        build(home, CONFIG, store)
        assert len(join_features(store, shown(home.catalogue, later()))) == 0
