from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.profile import build_profile
from shortlist.core.config import ProfileConfig
from shortlist.core.types import ACTIONS, KINDS, Article, Attributed, Enrichment, Event, Profile, Reader, Video
from shortlist.store.catalogue.results import Activity

CONFIG = ProfileConfig(half_life_days=14.0, session_boost=2.0)
IDS = "abcdef"
ITEMS = ItemBatch.of(
    [Video(one, f"Video {one}", enrichment=Enrichment(category=Attributed("Food", "given"))) for one in IDS],
    [Article(one, f"Article {one}", category="World") for one in IDS],
)
Make = Callable[..., Event]


def profile(*events: Event, config: ProfileConfig = CONFIG) -> Profile:
    return build_profile(Reader("u"), events, Activity.of(events), ITEMS, config)


def weights(of: Profile) -> dict[str, float]:
    return {item.item_id: item.weight for item in of.history}


def test_weights_by_hand(event: Make) -> None:
    """Session: a like 1.5 x 2 = 3, half a view 0.5 x 2 = 1. Two weeks ago: a click 1 x 0.5 = 0.5, a skip -0.25."""
    two_weeks = 14 * 24 * 60
    found = profile(
        event("u", "a", "like", 0),
        event("u", "b", "view", 0, dwell_s=15.0),
        event("u", "c", "click", two_weeks, kind="article"),
        event("u", "d", "skip", two_weeks),
        event("u", "e", "impression", 1),
    )
    assert weights(found) == pytest.approx({"a": 3 / 4.5, "b": 1 / 4.5, "c": 0.5 / 4.5, "d": -0.25 / 4.5})
    assert [item.item_id for item in found.liked] == ["a", "b", "c"]
    assert found.categories == pytest.approx({"Food": 4 / 4.5, "World": 0.5 / 4.5})
    assert found.seen == {"a", "b", "d"}
    assert found.n_events == 5


def test_the_newest_of_like_and_dislike_counts(event: Make) -> None:
    found = profile(
        event("u", "a", "view", 9, dwell_s=60.0), event("u", "a", "like", 8), event("u", "a", "dislike", 7),
        event("u", "b", "dislike", 9), event("u", "b", "like", 8), event("u", "NASA", "dislike", 5, kind="channel"),
    )  # fmt: skip
    assert [(item.item_id, item.action) for item in found.history] == [("a", "dislike"), ("b", "like")]
    assert weights(found)["b"] == 1
    assert weights(found)["a"] == pytest.approx(-0.5 / 1.5, abs=0.01)  # 1 for the view, -1.5 for the dislike
    assert (found.disliked, found.disliked_channels) == (frozenset("a"), frozenset({"NASA"}))


def test_a_session_begins_after_the_last_long_pause(event: Make, noon: datetime) -> None:
    pauses = (0, 30, 60, 91)  # the last pause is 31 minutes
    found = profile(*(event("u", item, "view", ago) for item, ago in zip("abcd", pauses, strict=True)))
    assert found.session_start == noon - timedelta(minutes=60)
    assert weights(found)["c"] == pytest.approx(2 * weights(found)["d"], rel=0.01)


def test_one_act_of_watching_counts_once(event: Make) -> None:
    """Click, view to the end and like of one video weigh what the like alone does; the item keeps the dwell time."""
    found = profile(
        event("u", "a", "like", 0), event("u", "a", "view", 0, dwell_s=50.0), event("u", "a", "click", 0),
        event("u", "b", "like", 0),
    )  # fmt: skip
    assert weights(found) == pytest.approx({"a": 0.5, "b": 0.5})
    [item] = [item for item in found.history if item.item_id == "a"]
    assert (item.action, item.dwell_s) == ("like", 50.0)


def test_a_skip_takes_back_part_of_an_earlier_liking(event: Make) -> None:
    found = profile(event("u", "a", "skip", 0), event("u", "a", "view", 0), event("u", "b", "view", 0))
    assert weights(found) == pytest.approx({"a": 0.5 / 1.5, "b": 1 / 1.5})


def test_an_article_and_a_video_of_the_same_id_stay_apart(event: Make) -> None:
    found = profile(event("u", "a", "view", 0), event("u", "a", "click", 0, kind="article"))
    assert {(item.kind, item.title) for item in found.history} == {("video", "Video a"), ("article", "Article a")}
    assert found.seen == {"a"}


def test_items_that_the_catalogue_does_not_know_are_seen_but_tell_nothing(event: Make) -> None:
    found = profile(event("u", "gone", "view", 0))
    assert (found.history, found.seen, found.n_events) == ((), {"gone"}, 1)


def test_history_is_cut_but_what_was_seen_is_not(event: Make) -> None:
    found = profile(
        *(event("u", item, "view", ago) for ago, item in enumerate("abcd")), config=ProfileConfig(max_history=2)
    )
    assert [item.item_id for item in found.history] == ["a", "b"]
    assert found.seen == set("abcd")


def test_a_reader_without_events_has_an_empty_profile() -> None:
    assert profile() == Profile("u")


events = st.builds(
    Event,
    user_id=st.just("u"),
    item_id=st.sampled_from(IDS + "xy"),
    kind=st.sampled_from(KINDS),
    action=st.sampled_from(ACTIONS),
    at=st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    dwell_s=st.none() | st.floats(0, 1e6),
)


@given(st.lists(events, max_size=30), st.integers(1, 10))
def test_any_events_make_a_lawful_profile(some: list[Event], max_history: int) -> None:
    found = profile(*some, config=ProfileConfig(max_history=max_history))
    assert sum(found.categories.values()) <= 1 + 1e-9
    assert all(-1 <= item.weight <= 1 for item in found.history)
    assert len({(item.kind, item.item_id) for item in found.history}) == len(found.history) <= max_history
    assert [item.at for item in found.history] == sorted((item.at for item in found.history), reverse=True)


@given(st.lists(events, max_size=12).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_of_events_does_not_matter(both: tuple[list[Event], list[Event]]) -> None:
    assert profile(*both[0]) == profile(*both[1])


@given(st.lists(events, max_size=12), st.integers(0, 10_000))
def test_time_that_passes_without_the_reader_changes_nothing(some: list[Event], hours: int) -> None:
    moved = [
        Event(
            one.user_id, one.item_id, one.kind, one.action, one.at + timedelta(hours=hours), one.dwell_s, one.event_id
        )
        for one in some
    ]
    assert weights(profile(*moved)) == pytest.approx(weights(profile(*some)))
