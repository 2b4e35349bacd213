"""Windows of tokens."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.windows import cut, padded, pooled


def test_a_long_text_is_sampled_from_its_first_window_to_its_last() -> None:
    assert cut(range(100), 10, 4) == [range(10), range(30, 40), range(60, 70), range(90, 100)]


def test_no_tokens_are_one_empty_window() -> None:
    assert cut([], 10, 4) == [[]]


@given(st.lists(st.integers(), max_size=200), st.integers(1, 50), st.integers(1, 8))
def test_windows_are_never_too_many_nor_too_long_and_cover_a_short_text(
    tokens: list[int], size: int, most: int
) -> None:
    windows = cut(tokens, size, most)
    assert 1 <= len(windows) <= most
    assert all(len(window) <= size for window in windows)
    if len(tokens) <= size * most:
        assert [token for window in windows for token in window] == tokens


def test_padding_is_masked() -> None:
    ids, mask = padded([[5, 6, 7], [8]], pad=0)
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_rows_are_pooled_with_their_own_text() -> None:
    vectors = np.array([[1, 0], [0, 1], [0, 2]], dtype=np.float32)
    np.testing.assert_allclose(pooled(vectors, [2, 1]), [[0.5**0.5, 0.5**0.5], [0, 1]], rtol=1e-6)
