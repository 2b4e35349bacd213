"""Base class of the lexical legs, which sum precomputed weights of postings over the terms of a query."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.retrieval.analysis import term_keys, terms
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.postings import Postings
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.vectors.arrays import Floats, Ints, Keys, Scores
from shortlist.retrieval.vectors.topk import best_first, top_candidates


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """`values` is float32[n]: the score of every row; 0 for rows that share no term with the query."""

    values: Floats

    def at(self, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the scores of `rows`."""
        return self.values[rows].astype(np.float64)


class Lexical(Leg[Sums]):
    """The score is the sum over the query's terms of (weight in the query) x (weight in the video)."""

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._lexicon = snapshot.lexicon
        self._postings = [part.segment.postings for part in snapshot.parts]
        self._weights = self.posting_weights(self._postings, config)

    @abstractmethod
    def posting_weights(self, parts: Sequence[Postings], config: RetrievalConfig) -> list[Floats]:
        """Return a float32 weight for each of the `rows` of each part's postings."""

    @abstractmethod
    def query_weights(self, counts: Scores, numbers: Ints) -> Scores:
        """Return float64[t]: the weight of each query term, from its `counts` and its `numbers` in the lexicon."""

    def weigh(self, queries: Sequence[Query]) -> list[Sums | None]:
        """See `Leg`. None for a query without terms."""
        terms_of = [query_terms(query) for query in queries]
        return [Sums(self._sums(*self._weighted(counts))) if counts else None for counts in terms_of]

    def best(self, scorings: Sequence[Sums], allowed: Sequence[AllowedRows], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`. Returns only rows that share a term with the query."""
        return [self._best(*one) for one in zip(scorings, allowed, depths, strict=True)]

    def _best(self, matches: Sums, allowed: AllowedRows, depth: int) -> Ints:
        values = matches.values if allowed.mask is None else np.where(allowed.mask, matches.values, np.float32(0))
        rows = top_candidates(values, depth, minimum=np.float32(0))
        return rows[best_first(values[rows], self.snapshot.order[rows], depth)]

    def _weighted(self, counts: dict[str, float]) -> tuple[Keys, Floats]:
        """Return the keys of the query's terms that are in the lexicon, ascending, and their weights."""
        keys, where = np.unique(term_keys(counts), return_inverse=True)
        count = np.zeros(len(keys))
        np.add.at(count, where, list(counts.values()))
        numbers = self._lexicon.find(keys)
        known = numbers >= 0
        weights = self.query_weights(count[known], numbers[known])
        return keys[known], weights.astype(np.float32)

    def _sums(self, keys: Keys, weights: Floats) -> Floats:
        """Return float32[n]: the sum over the terms of `keys`, in their order, for every row."""
        sums = np.zeros(len(self.snapshot), dtype=np.float32)
        for first, postings, in_row in zip(self.snapshot.first_rows, self._postings, self._weights, strict=False):
            at, numbers = postings.find(keys)
            if not len(at):
                continue
            starts, ends = postings.starts[numbers], postings.starts[numbers + 1]
            spans = [slice(*span) for span in zip(starts.tolist(), ends.tolist(), strict=True)]
            parts = (
                np.concatenate([in_row[span] for span in spans]),
                np.concatenate([postings.rows[span] for span in spans]),
                np.append(0, np.cumsum(ends - starts)),
            )
            # One compiled loop over the postings of the query: scipy's product, which adds in the order of the terms.
            sums[first : first + len(postings.lengths)] = (
                csc_array(parts, shape=(len(postings.lengths), len(at))) @ weights[at]
            )
        return sums


def query_terms(query: Query) -> dict[str, float]:
    """Return the count of each term in the text of `query`, plus the weights in `query.terms`."""
    counts: Counter[str] = Counter(terms(query.text)) if query.text else Counter()
    wanted: dict[str, float] = dict(counts)
    for term, weight in query.terms:
        wanted[term] = wanted.get(term, 0.0) + weight
    return {term: count for term, count in wanted.items() if count > 0}
