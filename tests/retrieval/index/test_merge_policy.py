from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from shortlist.retrieval.index.merge_policy import GROWTH, MAX_COMMIT_ROWS, MAX_DEAD, segments_to_merge
from shortlist.retrieval.vectors.ivf import MIN_ROWS

sizes = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 300)).filter(lambda size: sum(size) > 0), max_size=12)


def test_small_ones_join_and_large_ones_are_left_alone() -> None:
    assert segments_to_merge([]) == range(0)
    assert list(segments_to_merge([(1000, 0)])) == []
    assert list(segments_to_merge([(1000, 0), (100, 0)])) == []
    assert list(segments_to_merge([(1000, 0), (100, 0), (100, 0)])) == [1, 2]
    assert list(segments_to_merge([(1000, 0), (300, 0), (100, 0)])) == [0, 1, 2]


def test_tombstones_are_swept_when_they_are_many() -> None:
    assert list(segments_to_merge([(80, 20)])) == []
    assert list(segments_to_merge([(70, 30)])) == [0]
    assert list(segments_to_merge([(0, 5)])) == [0]


@given(sizes)
def test_afterwards_there_is_nothing_left_to_do(before: list[tuple[int, int]]) -> None:
    merged = segments_to_merge(before)
    together = sum(before[at][0] for at in merged)
    after = [size for at, size in enumerate(before) if at not in merged] + ([(together, 0)] if together else [])
    assert list(segments_to_merge(after)) == []
    for at, (live, dead) in enumerate(after[:-1]):
        assert live > GROWTH * sum(newer for newer, _ in after[at + 1 :])
        assert dead <= MAX_DEAD * (live + dead)


def test_adding_a_few_at_a_time_leaves_few_segments() -> None:
    kept: list[tuple[int, int]] = []
    rewritten = 0
    for _ in range(2000):
        kept.append((10, 0))
        merged = segments_to_merge(kept)
        if merged:
            together = sum(kept[at][0] for at in merged)
            rewritten += together
            kept = [*kept[: merged.start], (together, 0)]
    assert sum(live for live, _ in kept) == 20_000
    assert len(kept) <= 7
    assert rewritten < 20 * 20_000


Sizes = list[tuple[int, int]]


def after_a_merge(sizes: Sizes, most: float = math.inf) -> Sizes:
    merged = segments_to_merge(sizes, most)
    together = sum(sizes[at][0] for at in merged)
    return [*sizes[: merged.start], *([(together, 0)] if together else [])]


@given(sizes, st.integers(0, 3000))
def test_no_more_is_merged_than_allowed(before: Sizes, most: int) -> None:
    assert sum(map(sum, [before[at] for at in segments_to_merge(before, most)])) <= most
    after = after_a_merge(before, most)
    assert list(segments_to_merge(after, most)) == [] or sum(map(sum, after)) < sum(map(sum, before))


def test_segments_that_are_too_large_are_left_to_a_background_merge() -> None:
    assert list(segments_to_merge([(1000, 0), (900, 0), (20, 0), (20, 0)], max_rows=500)) == [2, 3]
    assert list(segments_to_merge([(1000, 0), (900, 0), (20, 0), (20, 0)])) == [0, 1, 2, 3]
    assert list(segments_to_merge([(100, 900), (200, 0)], max_rows=500)) == []


def test_a_commit_builds_no_cells() -> None:
    assert MAX_COMMIT_ROWS < MIN_ROWS


@given(st.lists(st.integers(1, 400), max_size=300))
def test_many_small_commits_leave_few_segments(added: list[int]) -> None:
    most = 500
    kept: Sizes = []
    for rows in added:
        kept = after_a_merge([*kept, (rows, 0)], most)
    n = sum(added)
    assert sum(live for live, _ in kept) == n
    assert len(kept) <= 2 * n / (most * GROWTH / (GROWTH + 1)) + 2 + math.log(most, GROWTH + 1)


@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), max_size=300))
def test_background_merges_keep_segments_as_few_as_merging_at_once(added: list[tuple[int, bool]]) -> None:
    kept: Sizes = []
    for rows, aside in added:
        kept = after_a_merge([*kept, (rows, 0)], 500)
        if aside:
            kept = after_a_merge(kept)
            assert len(kept) <= 2 + math.log(max(1, sum(live for live, _ in kept)), GROWTH + 1)
