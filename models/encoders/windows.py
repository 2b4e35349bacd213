"""Cut long texts into windows of tokens, and pool the windows' vectors into one vector a text. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from shortlist.core.ranking import FloatArray

T = TypeVar("T")


def cut(tokens: Sequence[T], size: int, limit: int) -> list[Sequence[T]]:
    """Return at most `limit` windows of up to `size` tokens; one empty window for no tokens.

    A text of more windows is sampled evenly from the first to the last, so that all of a long talk counts and not only
    its opening.
    """
    windows = [tokens[start : start + size] for start in range(0, len(tokens), size)] or [tokens]
    if len(windows) <= limit:
        return windows
    return [windows[i] for i in np.linspace(0, len(windows) - 1, limit).round().astype(int)]


def pad(windows: Sequence[Sequence[int]], token: int) -> tuple[np.ndarray, np.ndarray]:
    """Return token ids padded with `token`, and the attention mask: both int64[n, longest], row i for `windows[i]`."""
    ids = np.full((len(windows), max(map(len, windows))), token, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    return ids, mask


def pool(vectors: FloatArray, counts: Sequence[int]) -> FloatArray:
    """Return unit vectors, float32[len(counts), d].

    Row i is the normalised mean of the next `counts[i]` rows of `vectors`, float32[sum(counts), d].
    """
    edges = np.concatenate([[0], np.cumsum(counts)])
    means = np.stack([vectors[start:stop].mean(axis=0) for start, stop in pairwise(edges)])
    norms = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.maximum(norms, 1e-12), dtype=np.float32)
