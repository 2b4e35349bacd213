"""tfidf: cosine of TF-IDF vectors, as scikit-learn defines them with `sublinear_tf=True` (smooth idf, l2 norm).

The formula is worked out here over our postings, because scikit-learn costs a second to import and would want the
whole matrix by rows; the tests hold it to `TfidfVectorizer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.retrieval.index.postings import Postings
from shortlist.retrieval.legs.lexical import Lexical
from shortlist.retrieval.vectors.arrays import Floats, Ints, Scores


class Tfidf(Lexical):
    """Scores lie between 0 and 1."""

    name: ClassVar[str] = "tfidf"

    def posting_weights(self, parts: Sequence[Postings], config: RetrievalConfig) -> list[Floats]:
        """See `Lexical`."""
        return [unit_weights(part, self._lexicon.in_order_of(part, self._idf)) for part in parts]

    def query_weights(self, counts: Scores, numbers: Ints) -> Scores:
        """See `Lexical`."""
        weights = damped(counts) * self._idf[numbers]
        return weights / max(float(np.linalg.norm(weights)), 1e-12)

    @cached_property
    def _idf(self) -> Scores:
        return np.log((1 + self._lexicon.n) / (1 + self._lexicon.frequency)) + 1


def damped(counts: Scores) -> Scores:
    """1 + ln(count), and for the fractional counts of weighted terms the count itself."""
    return np.where(counts >= 1, 1 + np.log(np.maximum(counts, 1)), counts)


def unit_weights(postings: Postings, idf: Scores) -> Floats:
    """float32[p]: (1 + ln tf) idf of every posting, each row scaled to unit length; `idf` is float64[v]."""
    weights = np.log(postings.counts.astype(np.float32))
    weights += 1
    weights *= np.repeat(idf.astype(np.float32), np.diff(postings.starts))
    squares = np.bincount(postings.rows, weights=weights * weights, minlength=len(postings.lengths))
    scale = (1 / np.sqrt(np.maximum(squares, 1e-24))).astype(np.float32)
    weights *= scale[postings.rows]
    return weights
