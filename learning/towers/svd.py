"""PPMI-SVD: factors of the positive pointwise mutual information of videos that follow each other.

O. Levy and Y. Goldberg, Neural Word Embedding as Implicit Matrix Factorization, NIPS 2014; the exponent of the contexts
is that of O. Levy, Y. Goldberg and I. Dagan, TACL 2015.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from shortlist.learning.acts import Acts
from shortlist.models.towers.item_tower import ACTS, AGES, LAST, ItemTower
from shortlist.retrieval.index.cowatch_counts import UNIT

Floats = npt.NDArray[np.float32]

FACTORS = 256
POWER = 0.6  # exponent of the contexts' frequencies
# Pairs that meet less often than so many times what chance gives count as unrelated: the first shift that leaves
# `ENOUGH` pairs a video. In a small catalogue every pair is within a few times of chance.
SHIFTS = (5.0, 2.0, 1.0)
ENOUGH = 5
RECENCY = 0.7  # weight of a watch relative to the next newer one


def shifted_ppmi(counts: csr_array, power: float, shift: float) -> csr_array:
    """Return max(0, log(P(a, b) / (P(a) P_power(b))) - log(shift)) of `counts`, float64[n, n], as a sparse matrix."""
    pairs = coo_array(counts)
    total, rows = counts.sum(), np.asarray(counts.sum(axis=1)).ravel()
    contexts = np.asarray(counts.sum(axis=0)).ravel() ** power
    contexts *= 1 / max(contexts.sum(), 1e-300)
    chance = rows[pairs.row] * contexts[pairs.col]
    information = np.log(pairs.data * 1.0 / chance) - np.log(shift) if total else pairs.data
    kept = information > 0
    return csr_array((information[kept], (pairs.row[kept], pairs.col[kept])), shape=counts.shape)


def factors(acts: Acts, d: int, seed: int) -> tuple[Floats, Floats]:
    """Return (inputs, outputs), float32[n, d] each, whose product approximates the PPMI of the directed co-watches.

    Dimensions beyond the rank of the matrix are 0.
    """
    from sklearn.utils.extmath import randomized_svd

    links = acts.links()
    n = len(acts.ids)
    numbers = {item_id: number for number, item_id in enumerate(acts.ids)}
    own = np.array([numbers[item_id] for item_id in links.ids], dtype=np.int64)
    pairs = coo_array(links.forward.astype(np.float64) / UNIT)
    counts = csr_array((pairs.data, (own[pairs.row], own[pairs.col])), shape=(n, n))
    matrix = _informative(counts, ENOUGH * len(links.ids))
    inputs, outputs = np.zeros((n, d), np.float32), np.zeros((n, d), np.float32)
    rank = min(d, n)
    if rank and matrix.nnz:
        left, values, right = randomized_svd(matrix.astype(np.float32), rank, n_iter=4, random_state=seed)
        inputs[:, :rank], outputs[:, :rank] = left * np.sqrt(values), right.T * np.sqrt(values)
    return inputs, outputs


def _informative(counts: csr_array, enough: int) -> csr_array:
    """Return the PPMI of `counts` by the first of `SHIFTS` that leaves `enough` pairs, else by the last."""
    for shift in SHIFTS:
        matrix = shifted_ppmi(counts, POWER, shift)
        if matrix.nnz >= enough:
            break
    return matrix


def train_svd(acts: Acts, seed: int, d: int = FACTORS) -> ItemTower:
    """Return the PPMI-SVD of `acts` as a tower without biases."""
    inputs, outputs = factors(acts, d, seed)
    none = np.empty((0, d), np.float32)
    recency = (RECENCY ** np.arange(LAST)).astype(np.float32)
    acts_alike, ages_alike = np.ones(ACTS, np.float32), np.ones(AGES, np.float32)
    zero, new = np.zeros(len(acts.ids), np.float32), np.zeros(1, np.float32)
    return ItemTower(acts.ids, inputs, outputs, zero, recency, acts_alike, ages_alike, none, none, new)
