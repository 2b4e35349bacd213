"""What the legs of words share: a weight a posting, worked out at load, and its sum over the terms of a query."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.retrieval.analysis import term_keys, terms
from shortlist.retrieval.filters import Allowed
from shortlist.retrieval.index.postings import Postings
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.vectors.arrays import Floats, Ints, Keys, Scores
from shortlist.retrieval.vectors.topk import best_first, reaching


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """`values`: float32[n], the score of every row; 0 where it shares no term with the query."""

    values: Floats

    def at(self, rows: Ints) -> Scores:
        """float64[len(rows)]: the values of `rows`."""
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
        """float32 weights aligned with the `rows` of each part's postings."""

    @abstractmethod
    def query_weights(self, counts: Scores, numbers: Ints) -> Scores:
        """float64[t]: the weight of each query term, from its `counts` and its `numbers` in the lexicon."""

    def weigh(self, queries: Sequence[Query]) -> list[Sums | None]:
        """See `Leg`; a query has nothing to go by when it asks for no term at all."""
        wanted = [wanted_terms(query) for query in queries]
        return [Sums(self._sums(*self._weighted(counts))) if counts else None for counts in wanted]

    def best(self, scorings: Sequence[Sums], asked: Sequence[Allowed], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`; only rows that share a term with the query come back."""
        return [self._best(*one) for one in zip(scorings, asked, depths, strict=True)]

    def _best(self, matches: Sums, limits: Allowed, depth: int) -> Ints:
        values = matches.values if limits.mask is None else np.where(limits.mask, matches.values, np.float32(0))
        rows = reaching(values, depth, least=np.float32(0))
        return rows[best_first(values[rows], self.snapshot.order[rows], depth)]

    def _weighted(self, counts: dict[str, float]) -> tuple[Keys, Floats]:
        """The keys of the query's terms that are in the lexicon, ascending, and their weights."""
        keys, where = np.unique(term_keys(counts), return_inverse=True)
        count = np.zeros(len(keys))
        np.add.at(count, where, list(counts.values()))
        numbers = self._lexicon.find(keys)
        known = numbers >= 0
        weights = self.query_weights(count[known], numbers[known])
        return keys[known], weights.astype(np.float32)

    def _sums(self, keys: Keys, weights: Floats) -> Floats:
        """float32[n]: for every row the sum over the terms of `keys`, always in their order."""
        sums = np.zeros(len(self.snapshot), dtype=np.float32)
        for first, postings, in_row in zip(self.snapshot.first_rows, self._postings, self._weights, strict=False):
            here = sums[first : first + len(postings.lengths)]
            at, numbers = postings.find(keys)
            for number, weight in zip(numbers.tolist(), weights[at], strict=True):
                stretch = slice(postings.starts[number], postings.starts[number + 1])
                here[postings.rows[stretch]] += weight * in_row[stretch]  # a row stands once under a term
        return sums


def wanted_terms(query: Query) -> dict[str, float]:
    """How often `query` asks for each term: once for every time it stands in the text, plus the weights it gives."""
    counts: Counter[str] = Counter(terms(query.text)) if query.text else Counter()
    wanted: dict[str, float] = dict(counts)
    for term, weight in query.terms:
        wanted[term] = wanted.get(term, 0.0) + weight
    return {term: count for term, count in wanted.items() if count > 0}
