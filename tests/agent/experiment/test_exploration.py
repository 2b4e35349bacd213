"""Explored lists are drawn with the probabilities that are recorded with them."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.experiment.exploration import explore, propensity

RANKED = "abcdef"


@given(st.integers(0, 8), st.integers(1, 6), st.floats(0, 1))
def test_the_probabilities_of_each_place_and_of_each_item_add_up(n: int, k: int, share: float) -> None:
    ranked = "abcdefgh"[:n]
    places = range(min(n, k))
    table = [[propensity(ranked, k, share, item, place) for item in ranked] for place in places]
    for row in table:
        assert sum(row) == pytest.approx(1)
    for column in zip(*table, strict=True):
        assert sum(column) <= 1 + 1e-9


@given(st.integers(0, 1000))
def test_without_exploration_the_list_is_the_ranking(seed: int) -> None:
    assert explore(RANKED, 4, 0.0, Random(seed)) == [(item, 1.0) for item in "abcd"]


def test_draws_are_as_frequent_as_their_probabilities_say() -> None:
    draws, rng = 20_000, Random(5)
    counts: Counter[tuple[int, str]] = Counter()
    recorded: dict[tuple[int, str], float] = {}
    for _ in range(draws):
        for place, (item, probability) in enumerate(explore(RANKED, 3, 0.4, rng)):
            counts[place, item] += 1
            recorded[place, item] = probability
    assert len(counts) == 18  # each item can be at each place
    for cell, probability in recorded.items():
        assert counts[cell] / draws == pytest.approx(probability, abs=4.5 * (probability / draws) ** 0.5)


def test_what_cannot_be_shown_has_no_probability() -> None:
    assert propensity(RANKED, 3, 0.5, "z", 0) == 0
    assert propensity(RANKED, 3, 0.5, "a", 3) == 0
    assert propensity(RANKED, 3, 0.0, "b", 0) == 0
