"""bm25: Okapi BM25 with Lucene's idf, log(1 + (N - df + 0.5) / (df + 0.5)), which is never negative.

S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009. N, df and the average
length are exact over the live videos.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.legs import LEGS, LegSpec
from shortlist.retrieval.index.postings import Postings
from shortlist.retrieval.legs.lexical import Lexical
from shortlist.retrieval.vectors.arrays import Floats, Ints, Scores


class Bm25(Lexical):
    """Okapi BM25. A term counts as often as it occurs in the query."""

    name: ClassVar[str] = "bm25"

    def posting_weights(self, parts: Sequence[Postings], config: RetrievalConfig) -> list[Floats]:
        """See `Lexical`."""
        return [saturation(part, self._lexicon.mean_length, config.k1, config.b) for part in parts]

    def query_weights(self, counts: Scores, numbers: Ints) -> Scores:
        """See `Lexical`."""
        return counts * inverse_frequency(self._lexicon.frequency[numbers], self._lexicon.n)


def inverse_frequency(frequency: Ints, n: int) -> Scores:
    """Return log(1 + (n - df + 0.5) / (df + 0.5)) for each document frequency."""
    return np.log1p((n - frequency + 0.5) / (frequency + 0.5))


def saturation(postings: Postings, mean_length: float, k1: float, b: float) -> Floats:
    """Return float32[p]: tf (k1 + 1) / (tf + k1 (1 - b + b length / mean length)) of every posting."""
    length_norm = (k1 * (1 - b + b * postings.lengths / max(mean_length, 1e-9))).astype(np.float32)
    frequency = postings.frequencies()
    weights = length_norm[postings.rows]
    weights += frequency
    np.divide(frequency, weights, out=weights)
    weights *= np.float32(k1 + 1)
    return weights


def register() -> None:
    """Add the leg."""
    LEGS.add(Bm25.name, LegSpec(Bm25, weight=0.1, text_weight=0.5))
