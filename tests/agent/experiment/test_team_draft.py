"""Two rankings share a list fairly."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.experiment.team_draft import team_draft

RANKINGS = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True, max_size=12)


class Coins(Random):
    """Coins that fall as they are told: True lets `a` go first."""

    def __init__(self, *a_first: bool) -> None:
        super().__init__()
        self.falls = iter(a_first)

    def random(self) -> float:
        return 0.0 if next(self.falls) else 0.9


def test_rounds_by_hand() -> None:
    drafted = team_draft("abcd", "bdxa", 5, Coins(True, False, False))
    # Round 1: a takes "a", b takes "b". Round 2: b takes "d", a takes "c". Round 3: b takes "x".
    assert drafted == [("a", "a"), ("b", "b"), ("d", "b"), ("c", "a"), ("x", "b")]


def test_equal_rankings_are_shown_as_they_are() -> None:
    drafted = team_draft("abcdef", "abcdef", 6, Random(1))
    assert [item for item, _ in drafted] == list("abcdef")
    assert Counter(variant for _, variant in drafted) == {"a": 3, "b": 3}


@given(RANKINGS, RANKINGS, st.integers(1, 14), st.integers(0, 1000))
def test_every_round_is_fair_and_longer_lists_begin_alike(a: list[str], b: list[str], k: int, seed: int) -> None:
    drafted = team_draft(a, b, k, Random(seed))
    items = [item for item, _ in drafted]
    assert len(items) == len(set(items)) == min(k, len({*a, *b}))
    assert team_draft(a, b, k + 3, Random(seed))[:k] == drafted
    for item, variant in drafted:
        above = set(items[: items.index(item)])
        ranking = a if variant == "a" else b
        assert next(one for one in ranking if one not in above) == item  # the best that was left
    if min(len(a), len(b)) >= len(items):
        teams = Counter(variant for _, variant in drafted)
        assert abs(teams["a"] - teams["b"]) <= 1


def test_a_first_place_goes_to_either_side_as_often() -> None:
    rng = Random(3)
    first = Counter(team_draft("ab", "ba", 2, rng)[0][1] for _ in range(2000))
    assert 900 < first["a"] < 1100
