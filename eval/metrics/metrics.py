"""Every metric as a pure function on arrays.

Accuracy metrics work along the last axis, for one query or a block of them:

    ranked   int[..., n]   the grade of the document at each rank, best rank first
    judged   int[..., m]   the grades of all judged documents of the same query, in any order

Rows are padded with 0 to one length, which changes nothing: unjudged documents and empty ranks have grade 0. A document
is relevant from grade 1. A query without relevant documents scores 0, as in trec_eval and pytrec_eval, with which the
numbers agree. The result has the leading shape; `k` is at least 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]


def ndcg(ranked: npt.ArrayLike, judged: npt.ArrayLike, k: int) -> Scores:
    """Normalised discounted cumulative gain of the first `k` ranks (trec_eval's `ndcg_cut`).

    The gain is the grade itself, not 2**grade - 1; the discount is log2(rank + 1); negative grades gain 0. The ideal
    ranking consists of all judged documents, ranked or not. Järvelin and Kekäläinen, TOIS 2002.
    """
    best = -np.sort(-np.asarray(judged), axis=-1)
    return _ratio(_dcg(np.asarray(ranked), k), _dcg(best, k))


def average_precision(ranked: npt.ArrayLike, judged: npt.ArrayLike) -> Scores:
    """Mean of the precision at each relevant document, 0 for those that are not ranked (trec_eval's `map`)."""
    hits = _relevant(ranked)
    precisions = np.cumsum(hits, axis=-1) / _ranks(hits.shape[-1])
    return _ratio(np.sum(precisions * hits, axis=-1), np.sum(_relevant(judged), axis=-1))


def reciprocal_rank(ranked: npt.ArrayLike) -> Scores:
    """1 / rank of the first relevant document, 0 if none is ranked (trec_eval's `recip_rank`)."""
    hits = _relevant(ranked)
    return _score(np.max(hits / _ranks(hits.shape[-1]), axis=-1, initial=0.0))


def precision(ranked: npt.ArrayLike, k: int) -> Scores:
    """Relevant documents among the first `k` ranks, divided by `k` even if fewer are ranked (trec_eval's `P`)."""
    return _score(np.sum(_relevant(ranked)[..., :k], axis=-1) / k)


def recall(ranked: npt.ArrayLike, judged: npt.ArrayLike, k: int) -> Scores:
    """Share of the relevant documents that are among the first `k` ranks (trec_eval's `recall`)."""
    return _ratio(np.sum(_relevant(ranked)[..., :k], axis=-1), np.sum(_relevant(judged), axis=-1))


def hit_rate(ranked: npt.ArrayLike, k: int) -> Scores:
    """1 if a relevant document is among the first `k` ranks, else 0 (trec_eval's `success`)."""
    return _score(np.any(_relevant(ranked)[..., :k], axis=-1))


def auc(grades: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Area under the ROC curve of one impression: the share of pairs in which the relevant candidate scores higher.

    `grades` int[n] and `scores` float[n] are aligned; a tie counts one half, as in scikit-learn. NaN if all candidates
    are relevant or none is, because there is no pair to compare.
    """
    relevant = _relevant(grades)
    values = np.asarray(scores, dtype=np.float64)
    positives, negatives = values[relevant], np.sort(values[~relevant])
    if not positives.size or not negatives.size:
        return float("nan")
    below = np.searchsorted(negatives, positives, "left") + np.searchsorted(negatives, positives, "right")
    return float(below.mean() / (2 * negatives.size))


def coverage(recommended: npt.ArrayLike, n_items: int) -> float:
    """Share of the catalogue of `n_items` that is recommended at all; `recommended` holds row numbers, int[...]."""
    return float(np.unique(np.asarray(recommended)).size / n_items)


def intra_list_diversity(vectors: npt.ArrayLike) -> Scores:
    """Mean of 1 - cosine over all pairs of a list; `vectors` float[..., n, d] need not be of unit length.

    NaN for lists of fewer than two items; the cosine with a zero vector is 0. Ziegler et al., WWW 2005.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    n = rows.shape[-2]
    if n < 2:
        return _score(np.full(rows.shape[:-2], np.nan))
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    units = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    # All pairs at once: |sum of units|^2 is the sum over every ordered pair, including each item with itself.
    pairs = np.sum(np.sum(units, axis=-2) ** 2, axis=-1) - np.sum(units**2, axis=(-2, -1))
    return _score(1 - pairs / (n * (n - 1)))


def novelty(popularity: npt.ArrayLike, n_readers: int) -> Scores:
    """Mean self-information of a list in bits, -log2(popularity / n_readers); high for little known items.

    `popularity` int[..., n] is the number of readers who chose each listed item. An item without readers counts as
    chosen once, so that the mean stays finite. NaN for an empty list. Zhou et al., PNAS 2010.
    """
    counts = np.maximum(np.asarray(popularity, dtype=np.float64), 1.0)
    if not counts.shape[-1]:
        return _score(np.full(counts.shape[:-1], np.nan))
    return _score(np.mean(np.log2(n_readers / counts), axis=-1))


def gini(counts: npt.ArrayLike) -> float:
    """Gini coefficient of `counts` int[n], the number of times that each item of the catalogue is recommended.

    0 if all items are recommended equally often, or none is; (n - 1) / n if all recommendations are one item.
    """
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    n, total = ordered.size, ordered.sum()
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total)) if total > 0 else 0.0


def _relevant(grades: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    return np.asarray(grades) >= 1


def _ranks(n: int) -> npt.NDArray[np.int64]:
    return np.arange(1, n + 1)


def _dcg(grades: npt.NDArray[np.int64], k: int) -> Scores:
    gains = np.maximum(grades[..., :k], 0).astype(np.float64)
    return np.asarray(gains @ (1 / np.log2(_ranks(gains.shape[-1]) + 1)))


def _ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Scores:
    divisor = np.asarray(whole, dtype=np.float64)
    return _score(np.divide(part, divisor, out=np.zeros_like(divisor), where=divisor > 0))


def _score(value: npt.ArrayLike) -> Scores:
    """Return `value` as float64: a scalar for one query, else an array."""
    return np.asarray(value, dtype=np.float64)[()]
