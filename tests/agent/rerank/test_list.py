"""The written order; that it always permutes is in the contract suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.batch import ItemBatch
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.list import ListOrder, read_order, window_starts
from shortlist.core.config import RerankConfig
from shortlist.core.errors import ModelFailed, UnusableAnswer
from shortlist.core.notes import Note
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile, Video

IDS = [f"v{number:02}" for number in range(30)]
ITEMS = ItemBatch({item: Video(item, f"About {item}") for item in IDS})
RANKING = Ranking.of({item: -float(place) for place, item in enumerate(IDS)}, "weighted")
REVERSED = " > ".join(f"[{number}]" for number in range(20, 0, -1))


@pytest.mark.parametrize(
    ("written", "order"),
    [
        ("[2] > [3] > [1]", [1, 2, 0]),
        ("3, 1", [2, 0, 1]),
        ("The best is [2], then [2] and [9].", [1, 0, 2]),
        ("1\n2\n3", [0, 1, 2]),
        ("none of them", None),
        ("[0] > [44]", None),
    ],
)
def test_orders_are_read_tolerantly(written: str, order: list[int] | None) -> None:
    assert read_order(written, 3) == order


@given(st.text(alphabet="0123456789[]> ,a"), st.integers(1, 25))
def test_what_is_read_is_a_permutation_or_nothing(written: str, size: int) -> None:
    order = read_order(written, size)
    assert order is None or sorted(order) == list(range(size))


@pytest.mark.parametrize(
    ("size", "starts"), [(0, []), (5, [0]), (20, [0]), (30, [10, 0]), (35, [15, 5, 0]), (40, [20, 10, 0])]
)
def test_windows_slide_from_the_end_to_the_beginning(size: int, starts: list[int]) -> None:
    assert window_starts(size) == starts


def test_the_best_of_a_window_is_judged_again_in_the_next(scripted_model: Callable[..., Any]) -> None:
    """Each window of 20 is reversed: v29 climbs from 29 to place 10, then from the middle of the first to its end."""
    model = scripted_model(REVERSED)
    order = ListOrder(RerankContext(model, ITEMS, RerankConfig(depth=30))).rerank(Profile("u"), None, RANKING).ids
    assert len(model.calls) == 2
    assert order[:11] == (*(f"v{number}" for number in range(20, 30)), "v09")
    assert "[20] Title: About v29" in model.calls[0][1].content


def unusable(n: int) -> Note:
    return Note("unusable-answers", f"the language model gave no usable answer for {n} candidates")


def test_a_window_without_an_order_keeps_the_one_it_had(scripted_model: Callable[..., Any]) -> None:
    empty = UnusableAnswer("unusable answer from x", expected="an answer", found="an empty one", remedy="ask again")
    model = scripted_model(empty, REVERSED)
    reranked = ListOrder(RerankContext(model, ITEMS, RerankConfig(depth=30))).rerank(Profile("u"), None, RANKING)
    assert reranked.ids[:20] == tuple(f"v{number:02}" for number in range(19, -1, -1))
    assert reranked.notes == (unusable(10),)


def test_half_a_pass_is_no_judgement(scripted_model: Callable[..., Any]) -> None:
    failure = ModelFailed("no answer", expected="one in 1 s", found="none", remedy="wait longer")
    model = scripted_model(REVERSED, failure)
    reranked = ListOrder(RerankContext(model, ITEMS, RerankConfig(depth=30))).rerank(Profile("u"), None, RANKING)
    assert reranked.ids == RANKING.ids
    assert len(reranked.sources[0]) == 0
    assert reranked.notes == (
        Note("model-failed", "rerank stopped by the language model: 0 of 30 judged", str(failure)),
    )


@pytest.mark.parametrize("depth", [5, 30])
def test_an_order_that_cannot_be_read_is_no_judgement(scripted_model: Callable[..., Any], depth: int) -> None:
    model = scripted_model("I cannot order videos.")
    reranked = ListOrder(RerankContext(model, ITEMS, RerankConfig(depth=depth))).rerank(Profile("u"), None, RANKING)
    assert len(reranked.sources[0]) == 0
    assert reranked.notes == (unusable(depth),)
