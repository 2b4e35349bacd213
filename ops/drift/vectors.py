"""Distances of sets of vectors: MMD by random features, and cells.

The mean vector does not see a tenth of foreign vectors. The mean of random Fourier features does (Rahimi and Recht,
2007): their squared distance is the maximum mean discrepancy under a Gaussian kernel (Gretton and others, 2012).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.ops.drift.divergence import Counts, Floats

N_FEATURES = 256
MAX_SAMPLE = 2_000  # vectors for the width of the kernel and for the cells
CELLS = 4, 64  # at least and at most
ROWS_PER_CELL = 10  # of a usual day


class RandomFeatures:
    """Random Fourier features of a Gaussian kernel.

    Its width is the median distance of two vectors of `sample`, float32[n, d].
    """

    def __init__(self, sample: FloatArray, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        half = len(sample) // 2
        squared = ((sample[:half] - sample[half : 2 * half]) ** 2).sum(1)
        width = float(np.median(squared)) or 1.0
        self._directions = rng.normal(0, width**-0.5, (sample.shape[1], N_FEATURES // 2))

    def moments(self, vectors: FloatArray) -> tuple[Floats, float]:
        """Return the mean of the features, float64[N_FEATURES], and their variance within the set, summed over them."""
        angles = vectors @ self._directions
        features = np.hstack([np.cos(angles), np.sin(angles)]) * (2 / N_FEATURES) ** 0.5
        return features.mean(0), float(features.var(0, ddof=1).sum()) if len(features) > 1 else 1.0


def mmd(moments: Sequence[tuple[Floats, float]], sizes: Floats, n_reference: int) -> tuple[Floats, Floats]:
    """Return the squared MMD of each set from each of the first `n_reference`, and its floor, both float64[sets, n].

    The floor is the expected value for two sets from one distribution, so the difference is an unbiased estimate.
    """
    means = np.stack([mean for mean, _ in moments])
    noise = np.array([variance for _, variance in moments]) / sizes
    squared = ((means[:, None] - means[None, :n_reference]) ** 2).sum(-1)
    return squared, noise[:, None] + noise[None, :n_reference]


class Cells:
    """At most `cells` cells of k-means over `sample`, float32[n, d], as a large index has them."""

    def __init__(self, sample: FloatArray, cells: int, seed: int = 0) -> None:
        from scipy.cluster.vq import kmeans2

        distinct = len(np.unique(sample, axis=0))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "One of the clusters is empty")  # it stays empty on all days
            found = kmeans2(sample, min(cells, distinct), minit="++", seed=seed)[0]
        self.centroids = found.astype(np.float32)

    def of(self, vectors: FloatArray) -> Counts:
        """Return the nearest cell of each vector, int64[n]."""
        # |v - c|^2 = |v|^2 - 2 v c + |c|^2, whose first part is the same for all cells.
        nearest: Counts = (vectors @ self.centroids.T - (self.centroids**2).sum(1) / 2).argmax(1)
        return nearest


def number_of_cells(sizes: Floats) -> int:
    """Return how many cells days of these sizes can fill."""
    least, most = CELLS
    return int(np.clip(np.median(sizes) // ROWS_PER_CELL, least, most))


def sample_of(sets: Sequence[FloatArray], seed: int = 0) -> FloatArray:
    """Return at most `MAX_SAMPLE` vectors of all sets, drawn at random."""
    everything = np.concatenate(sets)
    chosen = np.random.default_rng(seed).permutation(len(everything))[:MAX_SAMPLE]
    return everything[chosen]
