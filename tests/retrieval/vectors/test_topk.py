from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shortlist.retrieval.vectors.topk import TopK, best_first, ranks_among, top_candidates

few_values = st.lists(st.integers(0, 4).map(float), max_size=40)


@given(scores=few_values, limit=st.integers(0, 45), seed=st.integers(0, 1000))
def test_it_is_the_head_of_everything_sorted(scores: list[float], limit: int, seed: int) -> None:
    ties = np.random.default_rng(seed).permutation(len(scores))
    everything = sorted(range(len(scores)), key=lambda at: (-scores[at], ties[at]))
    assert best_first(np.array(scores), ties, limit).tolist() == everything[:limit]


@given(scores=few_values, seed=st.integers(0, 1000))
def test_ranks_are_places_in_the_full_sort(scores: list[float], seed: int) -> None:
    draw = np.random.default_rng(seed)
    ties = draw.permutation(len(scores))
    chosen = draw.permutation(len(scores))[:5]
    everything = best_first(np.array(scores), ties).tolist()
    ranks = ranks_among(np.array(scores), ties, chosen)
    assert ranks.tolist() == [everything.index(at) + 1 for at in chosen.tolist()]


@given(scores=st.lists(st.integers(0, 30).map(float), max_size=200), limit=st.integers(1, 8))
def test_candidates_include_all_that_could_be_among_the_best(scores: list[float], limit: int) -> None:
    found = top_candidates(np.array(scores, dtype=np.float32), limit, minimum=np.float32(0)).tolist()
    cut = sorted(scores, reverse=True)[limit - 1] if len(scores) >= limit else 0.0
    assert found == sorted(set(found))
    assert {row for row, score in enumerate(scores) if score > 0 and score >= cut} <= set(found)
    assert all(scores[row] > 0 for row in found)


@given(scores=few_values, limit=st.integers(1, 10), block=st.integers(1, 7))
def test_blocks_keep_all_that_could_be_among_the_best(scores: list[float], limit: int, block: int) -> None:
    kept = TopK(limit, slack=0.5)
    for start in range(0, len(scores), block):
        kept.add(np.array(scores[start : start + block], dtype=np.float32), start)
    cut = sorted(scores, reverse=True)[limit - 1] if len(scores) > limit else -1.0
    expected = {row for row, score in enumerate(scores) if score >= cut}
    assert expected <= set(kept.rows().tolist())


def test_rows_that_are_not_allowed_never_enter() -> None:
    kept = TopK(3, slack=1e-5)
    kept.add(np.array([-np.inf, 0.5, -np.inf], dtype=np.float32), 0)
    assert kept.rows().tolist() == [1]
