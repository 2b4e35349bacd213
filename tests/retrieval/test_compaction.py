from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.compaction import GROWTH, MAX_DEAD, to_merge

sizes = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 300)).filter(lambda size: sum(size) > 0), max_size=12)


def test_small_ones_join_and_large_ones_are_left_alone() -> None:
    assert to_merge([]) == range(0)
    assert list(to_merge([(1000, 0)])) == []
    assert list(to_merge([(1000, 0), (100, 0)])) == []
    assert list(to_merge([(1000, 0), (100, 0), (100, 0)])) == [1, 2]
    assert list(to_merge([(1000, 0), (300, 0), (100, 0)])) == [0, 1, 2]


def test_tombstones_are_swept_when_they_are_many() -> None:
    assert list(to_merge([(80, 20)])) == []
    assert list(to_merge([(70, 30)])) == [0]
    assert list(to_merge([(0, 5)])) == [0]


@given(sizes)
def test_afterwards_there_is_nothing_left_to_do(before: list[tuple[int, int]]) -> None:
    merged = to_merge(before)
    together = sum(before[at][0] for at in merged)
    after = [size for at, size in enumerate(before) if at not in merged] + ([(together, 0)] if together else [])
    assert list(to_merge(after)) == []
    for at, (live, dead) in enumerate(after[:-1]):
        assert live > GROWTH * sum(newer for newer, _ in after[at + 1 :])
        assert dead <= MAX_DEAD * (live + dead)


def test_adding_a_few_at_a_time_leaves_few_segments() -> None:
    kept: list[tuple[int, int]] = []
    rewritten = 0
    for _ in range(2000):
        kept.append((10, 0))
        merged = to_merge(kept)
        if merged:
            together = sum(kept[at][0] for at in merged)
            rewritten += together
            kept = [*kept[: merged.start], (together, 0)]
    assert sum(live for live, _ in kept) == 20_000
    assert len(kept) <= 7
    assert rewritten < 20 * 20_000
