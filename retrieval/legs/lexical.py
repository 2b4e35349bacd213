"""Base class of the lexical legs, which sum precomputed weights of postings over the terms of a query."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy  # loads scipy.sparse when it is first used

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.retrieval.analysis import term_keys, terms
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.postings import Postings
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.vectors.arrays import Floats, Ints, Keys, Scores
from shortlist.retrieval.vectors.topk import top_candidates

_NO_ROWS = np.empty(0, dtype=np.int32)
_NO_WEIGHTS = np.empty(0, dtype=np.float32)


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
        counted = [query_keys(query.text, query.terms) for query in queries]
        sums = self._sums([self._weighted(keys, counts) for keys, counts in counted])
        return [Sums(values) if len(keys) else None for values, (keys, _) in zip(sums, counted, strict=True)]

    def best(self, scorings: Sequence[Sums], allowed: Sequence[AllowedRows], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`. Returns only rows that share a term with the query."""
        return [_best(*one) for one in zip(scorings, allowed, depths, strict=True)]

    def _weighted(self, keys: Keys, counts: Scores) -> tuple[Keys, Floats]:
        """Return those `keys` that are in the lexicon, and their weights."""
        numbers = self._lexicon.find(keys)
        known = numbers >= 0
        return keys[known], self.query_weights(counts[known], numbers[known]).astype(np.float32)

    def _sums(self, queries: Sequence[tuple[Keys, Floats]]) -> Floats:
        """Return float32[len(queries), n]: the sum over the terms of each query, in their order, for every row."""
        keys = np.concatenate([keys for keys, _ in queries])
        weights = np.concatenate([weights for _, weights in queries])
        query_of = np.repeat(np.arange(len(queries), dtype=np.int32), [len(keys) for keys, _ in queries])
        sums = []
        for postings, in_row in zip(self._postings, self._weights, strict=True):
            at, numbers = postings.find(keys)
            starts, ends = postings.starts[numbers], postings.starts[numbers + 1]
            spans = [slice(*span) for span in zip(starts.tolist(), ends.tolist(), strict=True)]
            n = len(postings.lengths)
            # One compiled loop over the postings of all queries: scipy's product, which adds in the order of the terms.
            # Row r of query q is row q n + r of the matrix.
            rows = np.concatenate([_NO_ROWS, *(postings.rows[span] for span in spans)])
            rows += np.repeat(query_of[at] * np.int32(n), ends - starts)
            values = np.concatenate([_NO_WEIGHTS, *(in_row[span] for span in spans)])
            matrix = scipy.sparse.csc_array(
                (values, rows, np.append(0, np.cumsum(ends - starts))), (len(queries) * n, len(at))
            )
            sums.append((matrix @ weights[at]).reshape(len(queries), n))
        return sums[0] if len(sums) == 1 else np.concatenate([np.zeros((len(queries), 0), np.float32), *sums], axis=1)


def _best(sums: Sums, allowed: AllowedRows, depth: int) -> Ints:
    values = sums.values if allowed.mask is None else np.where(allowed.mask, sums.values, np.float32(0))
    return top_candidates(values, depth, minimum=np.float32(0))


@lru_cache(maxsize=256)  # a batch, because all lexical legs ask for the same
def query_keys(text: str | None, weighted: tuple[tuple[str, float], ...]) -> tuple[Keys, Scores]:
    """Return the keys of a query's terms, ascending, and how often each counts.

    A term counts as often as it occurs in `text`, plus its weights in `weighted`.
    """
    counts: Counter[str] = Counter(terms(text)) if text else Counter()
    wanted: dict[str, float] = dict(counts)
    for term, weight in weighted:
        wanted[term] = wanted.get(term, 0.0) + weight
    positive = {term: count for term, count in wanted.items() if count > 0}
    keys, where = np.unique(term_keys(positive), return_inverse=True)
    count = np.zeros(len(keys))
    np.add.at(count, where, list(positive.values()))
    return keys, count
