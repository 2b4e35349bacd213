"""Long texts as windows of tokens, and back to one vector a text. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from shortlist.core.ranking import FloatArray

T = TypeVar("T")


def cut(tokens: Sequence[T], size: int, most: int) -> list[Sequence[T]]:
    """At most `most` windows of up to `size` tokens; one empty window for no tokens.

    A text with more windows than that is sampled evenly from its first to its last, so that a long talk is
    represented by all of it rather than by its opening.
    """
    windows = [tokens[start : start + size] for start in range(0, len(tokens), size)] or [tokens]
    if len(windows) <= most:
        return windows
    return [windows[i] for i in np.linspace(0, len(windows) - 1, most).round().astype(int)]


def padded(windows: Sequence[Sequence[int]], pad: int) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and attention mask, int64[n, longest], row i for `windows[i]`."""
    ids = np.full((len(windows), max(map(len, windows))), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    return ids, mask


def pooled(vectors: FloatArray, counts: Sequence[int]) -> FloatArray:
    """Unit vectors float32[len(counts), d]: row i is the normalised mean of the next `counts[i]` rows of `vectors`."""
    edges = np.concatenate([[0], np.cumsum(counts)])
    means = np.stack([vectors[start:stop].mean(axis=0) for start, stop in pairwise(edges)])
    norms = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.maximum(norms, 1e-12), dtype=np.float32)
