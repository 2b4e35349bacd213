"""tfidf: cosine of TF-IDF vectors as in scikit-learn with `sublinear_tf=True` (smooth idf, l2 norm).

It is implemented over our postings, because scikit-learn takes a second to import and needs the whole matrix by rows.
The tests compare it with `TfidfVectorizer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar, TypeVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.legs import LEGS, LegSpec
from shortlist.retrieval.index.postings import Postings
from shortlist.retrieval.legs.lexical import Lexical
from shortlist.retrieval.vectors.arrays import Floats, Ints, Scores

Numbers = TypeVar("Numbers", Scores, Floats)


class Tfidf(Lexical):
    """TF-IDF cosine, between 0 and 1."""

    name: ClassVar[str] = "tfidf"

    def posting_weights(self, parts: Sequence[Postings], config: RetrievalConfig) -> list[Floats]:
        """See `Lexical`."""
        return [unit_weights(part, self._lexicon.align(part, self._idf)) for part in parts]

    def query_weights(self, counts: Scores, numbers: Ints) -> Scores:
        """See `Lexical`."""
        weights = sublinear(counts) * self._idf[numbers]
        return weights / max(float(np.linalg.norm(weights)), 1e-12)

    @cached_property
    def _idf(self) -> Scores:
        return np.log((1 + self._lexicon.n) / (1 + self._lexicon.frequency)) + 1


def sublinear(counts: Numbers) -> Numbers:
    """Return 1 + ln(count), or the count itself below 1, which weighted terms of a query and terms in stuffing have."""
    return np.where(counts >= 1, 1 + np.log(np.maximum(counts, 1)), counts)


def unit_weights(postings: Postings, idf: Scores) -> Floats:
    """Return float32[p]: (1 + ln tf) idf of every posting, each row scaled to unit length. `idf` is float64[v]."""
    weights = sublinear(postings.frequencies())
    weights *= np.repeat(idf.astype(np.float32), np.diff(postings.starts))
    squares = np.bincount(postings.rows, weights=weights * weights, minlength=len(postings.lengths))
    scale = (1 / np.sqrt(np.maximum(squares, 1e-24))).astype(np.float32)
    weights *= scale[postings.rows]
    return weights


def register() -> None:
    """Add the leg."""
    LEGS.add(Tfidf.name, LegSpec(Tfidf, weight=0.2, text_weight=0.1, ranker_depth=40))
