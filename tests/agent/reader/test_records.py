"""Profiles read the newest acts, however many impressions there are, and no unused records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shortlist.agent.reader.records import MAX_EVENTS, load_profiles
from shortlist.core.config import ProfileConfig
from shortlist.core.types import Action, Event, Video
from shortlist.store.home import Home

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def event(item: str, minute: int, action: Action = "view") -> Event:
    return Event("ann", item, "video", action, NOON + timedelta(minutes=minute))


def test_what_is_shown_hides_nothing_that_was_liked(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", "hash-32") as home:
        with home.writing("testing"):
            home.catalogue.videos.put([Video("a", "Bread")])
        home.catalogue.events.add([event("a", 0, "like")])
        before = load_profiles(home.catalogue, ["ann"], ProfileConfig())[0]["ann"]
        home.catalogue.events.add([event(f"shown{n}", n, "impression") for n in range(1, MAX_EVENTS + 5)])
        after = load_profiles(home.catalogue, ["ann"], ProfileConfig())[0]["ann"]
    assert before.seen == after.seen == {"a"}
    assert after.history == before.history
    assert (before.n_events, after.n_events) == (1, MAX_EVENTS + 5)


def test_a_long_history_is_seen_whole_and_read_in_part(tmp_path: Path) -> None:
    n = MAX_EVENTS + 50
    with Home.open(tmp_path / "home", "hash-32") as home:
        with home.writing("testing"):
            home.catalogue.videos.put([Video(f"v{at}", f"Clip {at}") for at in range(n)])
        home.catalogue.events.add([event(f"v{at}", at) for at in range(n)])
        home.catalogue.events.add([event("never stored", n + 1)])
        profiles, items = load_profiles(home.catalogue, ["ann"], ProfileConfig(max_history=20))
    newest = [f"v{at}" for at in range(n - 1, n - 21, -1)]
    assert [item.item_id for item in profiles["ann"].history] == newest
    read = {item_id for _, item_id in items.outlines}
    assert set(newest) < read
    assert len(read) < 3 * 20
    assert len(profiles["ann"].seen) == n + 1


def test_a_removed_event_leaves_the_profile_as_if_it_had_never_been(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", "hash-32") as home:
        with home.writing("testing"):
            home.catalogue.videos.put([Video("a", "Bread"), Video("b", "Moon")])
        home.catalogue.events.add([event("a", 0, "like")])
        before = load_profiles(home.catalogue, ["ann"], ProfileConfig())[0]["ann"]
        newer = event("b", 60 * 24 * 150)
        home.catalogue.events.add([newer])
        assert load_profiles(home.catalogue, ["ann"], ProfileConfig())[0]["ann"] != before
        home.catalogue.events.remove([newer.event_id])
        assert load_profiles(home.catalogue, ["ann"], ProfileConfig())[0]["ann"] == before
