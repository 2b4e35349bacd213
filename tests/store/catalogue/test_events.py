"""Events are kept once, read newest first, and added up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shortlist.core.config import StoreConfig
from shortlist.core.errors import RecordError
from shortlist.core.types import Action, Article, Attributed, Event, Kind, Video
from shortlist.store.catalogue.erasure.subject import Subject
from shortlist.store.catalogue.results import Activity
from shortlist.store.catalogue.rows import event_row
from shortlist.store.home import Home
from shortlist.store.sql.schema import events

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def event(user: str, item: str, minutes: float = 0, action: Action = "view", kind: Kind = "video") -> Event:
    return Event(user, item, kind, action, NOON + timedelta(minutes=minutes))


def test_the_same_event_twice_is_one(home: Home) -> None:
    batch = [event("ann", "a"), event("ann", "a"), event("ann", "b")]
    assert home.catalogue.events.add(batch) == 2
    assert home.catalogue.events.add([*batch, event("bob", "a")]) == 1
    assert home.catalogue.events.add([]) == 0
    numbers, kept = zip(*home.catalogue.events.iterate(), strict=True)
    assert [(one.user_id, one.item_id) for one in kept] == [("ann", "a"), ("ann", "b"), ("bob", "a")]
    assert list(numbers) == sorted(set(numbers))
    assert [one.user_id for _, one in home.catalogue.events.iterate(after=numbers[1])] == ["bob"]


def test_a_different_event_under_an_id_that_its_reader_has_is_named(home: Home) -> None:
    first = [replace(event("ann", "a", number), event_id=f"{number}") for number in range(3)]
    other = [first[0], replace(first[1], dwell_s=9.0), replace(first[2], item_id="b"), event("cyd", "a")]
    home.catalogue.events.add(first)
    assert home.catalogue.events.add(other) == 1
    clashes = home.catalogue.events.conflicting([*first, *other, event("dan", "a")])
    assert [one.event_id for one in clashes] == ["1", "2"]
    assert home.catalogue.events.conflicting([]) == []
    assert list(home.catalogue.readers.ids()) == ["ann", "cyd"]


def test_two_readers_may_have_an_event_with_the_same_id(home: Home) -> None:
    first, second = (replace(event(user, "a"), event_id="phone-1") for user in ("ann", "bob"))
    assert (home.catalogue.events.add([first]), home.catalogue.events.add([second])) == (1, 1)
    assert home.catalogue.events.conflicting([first, second]) == []
    assert home.catalogue.events.get_many(["phone-1"]) == [first, second]
    assert home.catalogue.events.remove(["phone-1"], "bob") == 1
    assert home.catalogue.events.get_many(["phone-1"]) == [first]


def test_forgetting_a_reader_searches_for_no_id_that_an_event_of_another_has(home: Home) -> None:
    both = [replace(event(user, "a"), event_id="phone-of-the-house") for user in ("ann", "bob")]
    home.catalogue.events.add([*both, event("ann", "b")])
    with home.writing():
        erased = home.catalogue.erasures.erase(Subject("reader", "ann"))
    assert erased.texts == {event("ann", "b").event_id}


def test_an_event_is_found_by_its_number(home: Home) -> None:
    first = event("ann", "a")
    home.catalogue.events.add([first])
    number = home.catalogue.events.last_number()
    assert home.catalogue.events.get_numbered(number) == first
    assert home.catalogue.events.get_numbered(number + 1) is None


def test_events_raise_no_revision_and_make_their_readers(home: Home) -> None:
    home.catalogue.events.add([event("ann", "a", minutes=5), event("ann", "b", minutes=1)])
    assert home.catalogue.revision() == 0
    assert home.catalogue.readers.get("ann").created == NOON + timedelta(minutes=1)


def test_the_newest_come_first_and_of_equal_times_the_later_added(home: Home) -> None:
    home.catalogue.events.add(
        [event("ann", "old", -9), event("ann", "x"), event("bob", "z", 5), event("ann", "y"), event("ann", "new", 1)]
    )
    newest = home.catalogue.events.newest(["ann", "bob", "nobody", "ann"], limit=3)
    assert {user: [kept.item_id for kept in kept] for user, kept in newest.items()} == {
        "ann": ["new", "y", "x"],
        "bob": ["z"],
        "nobody": [],
    }


def test_watches_come_reader_by_reader_in_time_order_for_those_who_watched_lately(home: Home) -> None:
    first = [event("ann", "a", 3), event("ann", "b", 1), event("bob", "c"), event("cyd", "d")]
    other = [event("ann", "e", 0, "skip"), event("ann", "f", 0, "impression"), event("ann", "n", 0, "view", "article")]
    home.catalogue.events.add([*first, *other])
    assert list(home.catalogue.events.iterate_watches()) == [[("b", 2), ("a", 1)], [("c", 3)], [("d", 4)]]
    counted = home.catalogue.events.last_number()
    home.catalogue.events.add([event("bob", "a", -1, "like"), event("cyd", "g", 1, "skip")])
    assert list(home.catalogue.events.iterate_watches(counted)) == [[("a", counted + 1), ("c", 3)]]


def test_thousands_of_readers_at_once(home: Home) -> None:
    users = [f"u{number}" for number in range(5_000)]
    home.catalogue.events.add([event(user, item, minutes) for minutes, item in enumerate("abc") for user in users])
    newest = home.catalogue.events.newest(users, limit=2)
    assert set(newest) == set(users)
    assert all([kept.item_id for kept in newest[user]] == ["c", "b"] for user in users)


def test_events_for_unknown_items_are_kept_and_counted(home: Home) -> None:
    with home.writing():
        home.catalogue.videos.put([Video("a", "A")])
        home.catalogue.articles.put([Article("n", "N")])
    home.catalogue.events.add(
        [
            event("ann", "a"),
            event("ann", "n", kind="article"),
            event("ann", "n"),
            event("ann", "gone"),
            event("ann", "gone", 1),
        ]
    )
    assert home.catalogue.counts().events == 5
    assert home.catalogue.counts().events_unknown_item == 3


def test_popularity_halves_with_the_half_life(home: Home) -> None:
    day = 24 * 60
    home.catalogue.events.add(
        [
            event("ann", "a", 0),
            event("bob", "a", -2 * day, "like"),
            event("ann", "b", -4 * day, "click"),
            event("bob", "b", 0, "skip"),
            event("bob", "b", 0, "impression"),
            event("bob", "text", 0, kind="article"),
        ]
    )
    assert home.catalogue.events.popularity(half_life_days=2.0) == pytest.approx({"a": 1.5, "b": 0.25})


def test_a_reader_makes_a_video_popular_once(home: Home) -> None:
    home.catalogue.events.add([event("ann", "a", minute, "view") for minute in range(300)])
    home.catalogue.events.add([event("ann", "a", 0, "like"), event("ann", "b", 0), event("bob", "b", 0)])
    assert home.catalogue.events.popularity(half_life_days=2.0) == pytest.approx({"a": 1.0, "b": 2.0}, rel=0.1)


def test_impressions_push_nothing_a_reader_did_out_of_reach(home: Home) -> None:
    home.catalogue.events.add([event("ann", "old"), event("ann", "left", 1, "skip"), event("bob", "b")])
    home.catalogue.events.add([event("ann", f"shown{n}", 10 + n, "impression") for n in range(50)])
    acts = home.catalogue.events.newest_interactions(["ann", "bob", "nobody"], 2)
    assert {one: [act.item_id for act in own] for one, own in acts.items()} == {
        "ann": ["left", "old"], "bob": ["b"], "nobody": [],
    }  # fmt: skip
    assert home.catalogue.events.activity(["ann", "nobody"]) == {
        "ann": Activity(52, frozenset({"old", "left"})),
        "nobody": Activity(0, frozenset()),
    }


def test_without_events_nothing_is_popular(home: Home) -> None:
    assert home.catalogue.events.popularity(half_life_days=2.0) == {}
    assert home.catalogue.events.newest([], 5) == {}


def test_removed_events_leave_no_trace_in_whatever_is_read_of_events(home: Home) -> None:
    stays, goes, newest = event("ann", "a"), event("ann", "b", 1, "like"), event("bob", "b", 2)
    home.catalogue.events.add([stays, goes, newest])
    home.catalogue.tastes.put("ann", Attributed("Likes b.", "a-model"), ["b"], 2)
    home.catalogue.tastes.put("cy", Attributed("Likes chess.", "a-model"), ["chess"], 1)
    assert home.catalogue.events.remove([goes.event_id, newest.event_id, "unknown"]) == 2
    assert [one for _, one in home.catalogue.events.iterate()] == [stays]
    assert home.catalogue.events.newest(["ann", "bob"], 9) == {"ann": [stays], "bob": []}
    assert home.catalogue.events.activity(["ann"]) == {"ann": Activity(1, frozenset("a"))}
    assert home.catalogue.events.popularity(2.0) == pytest.approx({"a": 1.0})
    assert list(home.catalogue.events.iterate_watches()) == [[("a", 1)]]
    assert (home.catalogue.tastes.get("ann"), home.catalogue.counts().events) == (None, 1)
    assert home.catalogue.tastes.get("cy") is not None
    assert list(home.catalogue.readers.ids()) == ["ann", "bob"]
    assert home.catalogue.events.add([goes]) == 1


def test_a_removal_changes_the_version_even_where_a_new_event_takes_the_old_number(home: Home) -> None:
    home.catalogue.events.add([event("ann", "a"), event("ann", "b", 1)])
    before = home.catalogue.events.version()
    assert home.catalogue.events.remove(["unknown"]) == home.catalogue.events.remove([]) == 0
    assert home.catalogue.events.version() == before
    home.catalogue.events.remove([event("ann", "b", 1).event_id])
    home.catalogue.events.add([event("ann", "c", 1)])
    assert home.catalogue.events.version() != before


class TestTime:
    """No event may take a reader over by a date in the future."""

    AHEAD = replace(event("ann", "far"), at=datetime(9999, 12, 31, tzinfo=UTC))

    def stored_ahead(self, home: Home) -> Home:
        """`home`, into which the event was put by a version that did not look at times."""
        with home._database.writing() as connection:
            connection.execute(events.insert(), [event_row(self.AHEAD)])
        return home

    @pytest.mark.parametrize(("ahead", "taken"), [(timedelta(hours=23), True), (timedelta(hours=25), False)])
    def test_a_clock_may_be_a_day_ahead(self, home: Home, ahead: timedelta, taken: bool) -> None:
        late = replace(event("ann", "late"), at=datetime.now(UTC) + ahead)
        if taken:
            assert home.catalogue.events.add([late]) == 1
            return
        with pytest.raises(
            RecordError, match=r"in the future: expected 20\d\d-.* or earlier, found '20.*; correct `at`"
        ):
            home.catalogue.events.add([event("ann", "fine"), late])
        assert home.catalogue.counts().events == 0

    def test_the_tolerance_is_a_setting(self, tmp_path: Path) -> None:
        late = replace(event("ann", "late"), at=datetime.now(UTC) + timedelta(minutes=5))
        with (
            Home.open(tmp_path / "home", "hash-32", StoreConfig(clock_tolerance_s=60)) as strict,
            pytest.raises(RecordError, match="future"),
        ):
            strict.catalogue.events.add([late])

    def test_one_that_is_stored_already_is_listed_and_counts_for_nothing(self, home: Home) -> None:
        home.catalogue.events.add([event("ann", "a"), event("ann", "b", 1)])
        before = (
            home.catalogue.events.newest_interactions(["ann"], 9),
            home.catalogue.events.activity(["ann"]),
            home.catalogue.events.popularity(14),
        )
        self.stored_ahead(home)
        after = (
            home.catalogue.events.newest_interactions(["ann"], 9),
            home.catalogue.events.activity(["ann"]),
            home.catalogue.events.popularity(14),
        )
        assert after == before
        assert [one.item_id for one in home.catalogue.events.newest(["ann"], 9)["ann"]] == ["far", "b", "a"]
