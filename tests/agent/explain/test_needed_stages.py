from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.explain.explain import needed_stages
from shortlist.core.ranking import Ranking

Parts = list[tuple[float, float]]


def ranked(parts: Parts) -> Ranking:
    """A ranking whose scores are the sums of two legs."""
    ordered = sorted(parts, key=sum, reverse=True)
    by_leg = {name: np.array([part[at] for part in ordered]) for at, name in enumerate(("bm25", "dense"))}
    scores = by_leg["bm25"] + by_leg["dense"]
    return Ranking(tuple(f"v{at}" for at in range(len(parts))), scores, "fusion", contributions=by_leg)


def test_a_stage_is_needed_if_the_place_is_lower_without_it() -> None:
    """By `dense` alone v1 (3) is before v0 (2), by `bm25` alone v0 (5) before v2 (1) before v1 (0)."""
    assert needed_stages(ranked([(5.0, 2.0), (0.0, 3.0), (1.0, 1.0)])) == {
        "v0": {"bm25"},
        "v1": {"dense"},
        "v2": set(),
    }


@given(st.lists(st.tuples(st.integers(-9, 9).map(float), st.integers(-9, 9).map(float)), min_size=1, max_size=8))
def test_what_is_needed_is_shown_by_sorting_without_it(parts: Parts) -> None:
    ranking = ranked(parts)
    for at, needed in enumerate(needed_stages(ranking).values()):
        for name, values in ranking.contributions.items():
            rest = ranking.scores - values
            above = int((rest > rest[at]).sum() + (rest[:at] == rest[at]).sum())
            assert (name in needed) is (above > at)
