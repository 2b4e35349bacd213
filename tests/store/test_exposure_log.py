"""What readers are shown is recorded in the background, and nothing is lost silently."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.exposures import Exposure, ShownItem
from shortlist.core.ranking import Request
from shortlist.core.types import Event, Reader
from shortlist.store.exposure_log import ExposureLog
from shortlist.store.home import Home

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ITEMS = (ShownItem("v1", 1, 0.9, "dense"), ShownItem("v2", 2, 0.5, None, "b", 0.25))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", "hash-32") as opened:
        opened.catalogue.readers.put([Reader("ann", NOW), Reader("bob", NOW)])
        yield opened


def exposure(request_id: str, user: str = "ann", at: datetime = NOW, **more: Any) -> Exposure:
    return Exposure(request_id, at, Request(user, 2, "moon"), ITEMS, 3, 7, "none", "hash", **more)


def answer(**more: Any) -> dict[str, Any]:
    item = {"video_id": "v1", "rank": 1, "score": 0.9, "stages": {}, "variant": "a", "propensity": 0.5}
    made_from = {"request_id": None, "experiment": "fresh", "revision": 3, "last_event": 1, "models": "none"}
    return {**made_from, "recommendations": [item], **more}


def test_exposures_come_back_as_they_were_and_oldest_first(home: Home) -> None:
    table = home.catalogue.exposures
    late, early = exposure("z", at=NOW + timedelta(hours=1)), exposure("y", experiment="e")
    assert table.put([late, early]) == 2
    assert list(table.iterate()) == [early, late]
    assert list(table.iterate("e")) == [early]
    assert (table.get("z"), table.get("x")) == (late, None)
    table.put([replace(late, revision=4)])
    assert [one.revision for one in table.iterate()] == [3, 4]


def test_pages_do_not_lose_exposures_of_one_moment(home: Home) -> None:
    made = [exposure(f"r{number:04}") for number in range(2300)]
    home.catalogue.exposures.put(made)
    assert list(home.catalogue.exposures.iterate()) == made


def test_events_of_another_reader_join_no_list(home: Home) -> None:
    home.catalogue.exposures.put([exposure("r")])
    own, foreign = (Event(user, "v1", "video", "click", NOW, request_id="r") for user in ("ann", "bob"))
    home.catalogue.events.add([foreign, own, replace(own, event_id="", at=NOW + timedelta(1), request_id="unknown")])
    assert home.catalogue.events.answering(NOW) == {"r": [own]}
    assert home.catalogue.exposures.readers_of(["r", "unknown"]) == {"r": "ann"}


def test_old_exposures_are_deleted_and_forgotten_readers_stay_forgotten(home: Home) -> None:
    table = home.catalogue.exposures
    table.put([exposure("old", at=NOW - timedelta(days=91)), exposure("new")])
    assert table.put([exposure("late", "somebody forgotten")], NOW - timedelta(days=90)) == 0
    assert [one.request_id for one in table.iterate()] == ["new"]


def test_an_answer_is_recorded_with_all_that_it_was_made_from(home: Home) -> None:
    home.catalogue.events.add(
        [Event("ann", item, "video", "view", NOW) for item in ("v1", "v2")]
    )  # one after the answer
    counted = Counter[str]()
    with ExposureLog(home.catalogue, "hash", 90, lambda status, number: counted.update({status: number})) as log:
        first = log.record(Request("ann", 1), answer())
        again = log.record(Request("ann", 1), answer(request_id=first, revision=4))
        log.flush()
        [stored] = home.catalogue.exposures.iterate()
    assert first == again == stored.request_id
    assert (stored.revision, stored.models, stored.settings, stored.experiment) == (4, "none", "hash", "fresh")
    assert (stored.last_event, stored.request, counted["lost"]) == (1, Request("ann", 1), 0)
    assert stored.items == (ShownItem("v1", 1, 0.9, None, "a", 0.5),)


def test_closing_writes_what_waits(home: Home) -> None:
    with ExposureLog(home.catalogue, "hash", 90) as log:
        ids = {log.record(Request("bob", 1), answer()) for _ in range(1200)}
    assert {one.request_id for one in home.catalogue.exposures.iterate()} == ids


def test_nothing_is_recorded_for_0_days_or_without_a_reader(home: Home) -> None:
    with ExposureLog(home.catalogue, "hash", 0) as off, ExposureLog(home.catalogue, "hash", 90) as log:
        assert (off.record(Request("ann"), answer()), log.record(Request(""), answer())) == (None, None)
    assert list(home.catalogue.exposures.iterate()) == []


def test_a_lost_exposure_is_counted_and_logged(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    counted = Counter[str]()
    with home._database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE exposures")
    with (
        caplog.at_level(logging.ERROR),
        ExposureLog(home.catalogue, "hash", 90, lambda status, number: counted.update({status: number})) as log,
    ):
        log.record(Request("ann", 1), answer())
    assert counted == {"lost": 1}
    assert "1 answers are not in the log" in caplog.text
