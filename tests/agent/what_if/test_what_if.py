"""What-if lists and counterfactuals over the sample: both are compared with lists after a real change."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from shortlist.agent.reader.objective import describe_objective, read_objective
from shortlist.agent.recommend import Recommender
from shortlist.agent.what_if.counterfactual import LARGEST, counterfactuals
from shortlist.agent.what_if.what_if import WhatIf, what_if
from shortlist.core.config import ProfileConfig, RerankConfig, RetrievalConfig
from shortlist.core.errors import UsageError
from shortlist.core.ranking import Answer, Change, Filters, Request
from shortlist.core.types import Objective
from shortlist.models.encoders.encoder import Encoder
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.home import Home

USER = "user_123"
HALF_LIFE = 2.0


@pytest.fixture
def home(sample_home: Path, encoder: Encoder, tmp_path: Path) -> Iterator[Home]:
    with Home.open(shutil.copytree(sample_home, tmp_path / "home"), encoder.name) as home:
        yield home


@pytest.fixture
def build(home: Home, encoder: Encoder) -> Callable[..., Recommender]:
    snapshot = load_snapshot(home)

    def make(**weights: float) -> Recommender:
        usual = RetrievalConfig()
        retrieval = RetrievalConfig(weights={**usual.weights, **weights})
        return Recommender(
            records=home.catalogue, snapshot=snapshot, retriever=build_retriever(snapshot, retrieval),
            encoder=lambda: encoder, model=lambda: pytest.fail("no model is asked"), retrieval=retrieval,
            profile=ProfileConfig(), rerank=RerankConfig(),
        )  # fmt: skip

    return make


@pytest.fixture
def recommender(build: Callable[..., Recommender]) -> Recommender:
    return build()


def ids(answer: Answer) -> list[str]:
    return [item.video.id for item in answer.recommendations]


def then(found: WhatIf) -> list[str]:
    """The list after the change."""
    return [move.video.id for move in found.moves if move.after is not None and move.after <= found.k]


def asks(recommender: Recommender, **names: Any) -> Objective:
    columns = recommender.snapshot.columns
    return read_objective(categories=columns.category.names, channels=columns.channel.names, **names)


def test_the_list_without_items_is_the_list_after_their_events_are_removed(
    recommender: Recommender, home: Home
) -> None:
    history = recommender.profile(USER).history
    without = frozenset(item.item_id for item in history[:4])
    found = what_if(recommender, home.catalogue, Request(USER), Change(without))
    events = home.catalogue.events.newest([USER], 1000)[USER]
    home.catalogue.events.remove(event.event_id for event in events if event.item_id in without)
    # Videos that the reader has seen stay out of the list, with or without their say in it.
    assert then(found) == ids(recommender.recommend(Request(USER, filters=Filters(not_videos=tuple(sorted(without))))))


def test_another_weight_gives_the_list_of_that_configuration(build: Callable[..., Recommender], home: Home) -> None:
    found = what_if(build(), home.catalogue, Request(USER), Change(weights=(("dense", 3.0),)))
    assert then(found) == ids(build(dense=3.0).recommend(Request(USER)))
    risen = [move for move in found.moves if move.before and move.after and move.after < move.before]
    assert risen
    assert {move.leg for move in risen} <= {"dense", None}


def test_the_ranks_before_are_those_of_the_usual_list(recommender: Recommender, home: Home) -> None:
    found = what_if(recommender, home.catalogue, Request(USER), Change(half_life_days=HALF_LIFE))
    before = {move.before: move.video.id for move in found.moves}
    assert [before[rank] for rank in range(1, 11)] == ids(recommender.recommend(Request(USER)))


def test_less_of_a_category_moves_its_videos_down_and_says_so(recommender: Recommender, home: Home) -> None:
    change = Change(objective=asks(recommender, less=["sci/tech"]))
    found = what_if(recommender, home.catalogue, Request(USER), change)
    fallen = [move for move in found.moves if move.after is None or (move.before or 0) < move.after]
    assert {move.video.category for move in fallen if move.before and move.before <= 10} == {"Sci/Tech"}
    assert {move.leg for move in fallen if move.video.category == "Sci/Tech"} == {"objective"}


def test_more_of_a_category_has_a_reason_and_a_stage(recommender: Recommender) -> None:
    change = Change(objective=asks(recommender, more=["Arts"]))
    found = recommender.recommend(Request(USER, change=change)).recommendations
    arts = next(item for item in found if item.video.category == "Arts")
    assert (arts.reason, arts.reason_stage) == ("you asked for more Arts", "objective")
    assert (arts.stages["objective"].contribution or 0) > 0


def test_a_preferred_length_makes_the_list_shorter(recommender: Recommender) -> None:
    def seconds(change: Change) -> float:
        found = recommender.recommend(Request(USER, change=change)).recommendations
        return sum(item.video.duration_s or 0 for item in found)

    assert seconds(Change(objective=Objective(length_s=30.0))) < seconds(Change())


def test_names_that_nothing_has_are_refused_with_the_nearest(recommender: Recommender) -> None:
    with pytest.raises(UsageError, match="Sports"):
        asks(recommender, less=["sport"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(frozenset({"nothing-like-it"})), "history of user_123"),
        (Change(weights=(("clicks", 1.0),)), "one of .*dense"),
        (Change(weights=(("dense", -1.0),)), "0 or more"),
        (Change(half_life_days=0.0), "more than 0 days"),
    ],
)
def test_a_change_that_cannot_be_is_refused(recommender: Recommender, home: Home, change: Change, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        what_if(recommender, home.catalogue, Request(USER), change)


def test_a_counterfactual_holds_and_is_the_smallest(recommender: Recommender) -> None:
    request = Request(USER, rerank="none")
    shown = ids(recommender.recommend(request))
    found = counterfactuals(recommender, request, shown)
    assert [one.video_id for one in found] == shown
    assert {len(one.without) for one in found} >= {1, 2}
    for one in found:
        without = frozenset(item.item_id for item in one.without)
        whole = Request(USER, k=100, rerank="none", change=Change(without))
        if without:
            assert ids(recommender.recommend(whole)).index(one.video_id) + 1 == one.rank
            assert (one.rank or 0) > request.k
        if one.complete and len(without) == 2:
            singles = [Request(USER, rerank="none", change=Change(frozenset({item}))) for item in without]
            assert all(one.video_id in ids(answer) for answer in recommender.recommend_many(singles))


def test_that_no_small_set_does_it_is_said_only_after_all_were_tried(recommender: Recommender, home: Home) -> None:
    """A reader with a history of four items: all fourteen sets of up to three are tried."""
    history = home.catalogue.events.newest_interactions([USER], 1000)[USER]
    videos = list(dict.fromkeys(event.item_id for event in history if event.kind == "video"))[:4]
    home.catalogue.events.remove(event.event_id for event in history if event.item_id not in videos)
    request = Request(USER, k=30, rerank="none")
    stays = [
        one for one in counterfactuals(recommender, request, ids(recommender.recommend(request))) if not one.without
    ]
    assert stays
    first = stays[0]
    assert (first.tried, first.complete) == (14, True)
    assert first.sentence == "no set of up to 3 items of your history is why you see this"
    sets = [frozenset(one) for size in range(1, LARGEST + 1) for one in combinations(videos, size)]
    for without in sets:
        assert first.video_id in ids(recommender.recommend(Request(USER, k=30, change=Change(without))))


def test_a_video_outside_the_list_has_no_counterfactual(recommender: Recommender) -> None:
    assert counterfactuals(recommender, Request(USER, k=3), ["no-such-video"]) == []


def test_an_objective_in_words() -> None:
    objective = Objective((("Food", 1.0), ("Sports", -0.5)), (("Ledger Lane", -1.0),), 60.0)
    assert list(describe_objective(objective, ["Noise"])) == [
        "more Food", "a little less Sports", "less from Ledger Lane", "up to 1:00", "never from Noise",
    ]  # fmt: skip


def test_newer_entries_replace_those_of_the_same_name_and_zero_removes_them() -> None:
    older = Objective((("Arts", 1.0), ("Food", -1.0)), (("Ledger Lane", -1.0),), 60.0)
    newer = Objective((("Arts", 0.0), ("Sports", -1.0)), (), 0.0)
    assert older.merged(newer) == Objective((("Food", -1.0), ("Sports", -1.0)), (("Ledger Lane", -1.0),), None)
    assert older.merged(Objective()) == older
