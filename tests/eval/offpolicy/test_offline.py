"""A variant is judged by a home's log of exposures, with readers as they were when the lists were shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

from shortlist.agent.experiment.exploration import explore
from shortlist.core.errors import UnknownReader, UsageError
from shortlist.core.exposures import Exposure, ShownItem
from shortlist.core.ranking import Request
from shortlist.core.types import Event, Reader
from shortlist.eval.offpolicy.offline import Offline, estimate, judge, places_of
from shortlist.eval.offpolicy.past import PastRecords
from shortlist.store.home import Home

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
RANKED = [f"v{at:02}" for at in range(14)]
OTHER = [RANKED[1], RANKED[0], *RANKED[2:]]

Log = tuple[list[Exposure], dict[str, list[Event]]]


def log(share: float, lists: int = 600) -> Log:
    """Explored lists of four. Readers choose v00 with probability 0.8 at any place, and no other."""
    rng = Random(1)
    exposures, events = [], {}
    for at in range(lists):
        shown = explore(RANKED, 4, share, rng)
        items = tuple(
            ShownItem(item, rank, 0.5, propensity=chance) for rank, (item, chance) in enumerate(shown, start=1)
        )
        exposures.append(Exposure(f"r{at}", NOW, Request("ann", 4), items, 1, 0, "none", "hash"))
        if "v00" in {item.item_id for item in items} and rng.random() < 0.8:
            events[f"r{at}"] = [Event("ann", "v00", "video", "view", NOW)]
    return exposures, events


def found(share: float, ranked: list[str], lists: int = 600) -> Offline:
    exposures, events = log(share, lists)
    return estimate("other", places_of(exposures, [ranked] * len(exposures), events))


def test_the_value_of_a_list_with_two_places_exchanged() -> None:
    offline = found(0.6, OTHER[:4], 2000)
    assert offline.estimates.keys() == {"ips", "snips", "doubly robust"}
    for one in offline.estimates.values():
        assert one.low < 0.8 < one.high
    assert offline.logged.value < 0.8  # explored lists leave v00 out now and then


def test_a_log_without_chance_is_refused_for_another_list() -> None:
    offline = found(0.0, OTHER[:4])
    assert offline.estimates == {}
    assert offline.refused is not None
    assert "support is missing: the weights add up to 50% of its places" in offline.refused
    assert found(0.0, RANKED[:4]).refused is None  # the same list


def test_items_that_were_never_drawn_have_no_support() -> None:
    offline = found(0.6, ["x1", "x2", *RANKED[2:4]], 1500)
    assert offline.refused is not None
    assert "support is missing" in offline.refused


def test_few_lists_are_refused() -> None:
    assert "6 lists, at least 30" in (found(0.6, OTHER[:4], 6).refused or "")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", "hash-32") as opened:
        opened.catalogue.readers.put([Reader("ann", None, ("tea",))])
        yield opened


def test_readers_are_as_they_were(home: Home) -> None:
    times = [NOW + timedelta(minutes=at) for at in range(4)]
    home.catalogue.events.add([Event("ann", f"v{at:02}", "video", "view", time) for at, time in enumerate(times)])
    [first, *_], _ = log(0.0, 1)
    exposures = [replace(first, last_event=2), replace(first, request_id="later", last_event=3)]
    records = PastRecords(home.catalogue, exposures)
    assert [one.item_id for one in records.events.newest_interactions(["r0"], 5)["r0"]] == ["v01", "v00"]
    assert records.events.activity(["later"])["later"].seen == {"v00", "v01", "v02"}
    assert records.readers.get("later").interests == ("tea",)
    with pytest.raises(UnknownReader):
        records.readers.get("ann")


def test_an_empty_log_is_refused(home: Home) -> None:
    unused: Callable[..., object] = lambda records: 1 / 0  # noqa: E731
    with pytest.raises(UsageError, match="log of exposures is empty"):
        judge(home.catalogue, "other", "none", unused)  # type: ignore[arg-type]


def test_places_say_what_was_chosen_by_whom() -> None:
    [exposure], _ = log(0.0, 1)
    events = [Event("bob", "v00", "video", "like", NOW), Event("ann", "v01", "video", "skip", NOW)]
    places = places_of([exposure], [RANKED[:3]], {"r0": [*events, Event("ann", "v02", "video", "like", NOW)]})
    assert places.reward.tolist() == [0, 0, 1, 0]
    assert places.target.tolist() == [1, 1, 1, 0]
    assert np.all(places.propensity == 1)
