"""Readers are split: each has the lists of one contender, from every method of a recommender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shortlist.agent.experiment.mixed import Contender
from shortlist.agent.experiment.split import SplitRecommender
from shortlist.agent.recommend import Recommender
from shortlist.core.ranking import Answer, Request
from tests.agent.conftest import PlaneRetriever

SIDES = {"astra": "a", "baker": "b"}


def ids(answer: Answer) -> list[str]:
    return [item.video.id for item in answer.recommendations]


@pytest.fixture
def plain(make_recommender: Callable[..., Recommender]) -> dict[str, Recommender]:
    """Two recommenders that differ in their lists."""
    return {"a": make_recommender(), "b": make_recommender(retriever=PlaneRetriever(["comet", "moon", "soup"]))}


@pytest.fixture
def split(plain: dict[str, Recommender]) -> SplitRecommender:
    contenders = {side: Contender(one, "none") for side, one in plain.items()}
    return SplitRecommender(contenders, SIDES.__getitem__, lambda _request, _revision: "seed", 0.0, "fresh")


@pytest.mark.parametrize("user", SIDES)
def test_a_reader_has_the_list_of_their_side_in_every_way(
    split: SplitRecommender, plain: dict[str, Recommender], user: str
) -> None:
    request, side = Request(user, 4), SIDES[user]
    expected = ids(plain[side].recommend(replace(request, rerank="none")))
    answer = split.recommend(request)
    assert ids(answer) == expected
    assert ids(split.finish(split.draft(request))) == expected
    assert ids(split.without_model().recommend(request)) == expected
    assert {item.variant for item in answer.recommendations} == {side}
    assert answer.experiment == "fresh"


def test_many_readers_are_ranked_in_their_order(split: SplitRecommender, plain: dict[str, Recommender]) -> None:
    requests = [Request(user, 4) for user in ("baker", "astra", "baker")]
    ranked = [list(one.result.final.ids)[:4] for one in split.rank_many(requests)]
    assert ranked == [ids(plain[SIDES[one.user_id]].recommend(replace(one, rerank="none"))) for one in requests]
    assert [ids(answer) for _, answer in split.rank_and_explain_many(requests)] == ranked
