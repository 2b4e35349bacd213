"""What the legs of words share: a weight a posting, worked out at load, and one sparse product a batch of queries."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from core.config import RetrievalConfig
from core.ranking import Query
from retrieval.analysis import term_keys, terms
from retrieval.arrays import Floats, Ints, Keys, Scores
from retrieval.filters import Allowed
from retrieval.legs.leg import Leg
from retrieval.postings import Postings
from retrieval.snapshot import Snapshot
from retrieval.topk import best_first


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The `rows`, of `n`, that share a term with the query, and their `values`; all others score 0."""

    rows: Ints
    values: Floats
    n: int

    def at(self, rows: Ints) -> Scores:
        """float64[len(rows)]: the values of `rows`."""
        spread = np.zeros(self.n, dtype=np.float32)
        spread[self.rows] = self.values
        return spread[rows].astype(np.float64)


class Lexical(Leg[Matches]):
    """The score is the sum over the query's terms of (weight in the query) x (weight in the video)."""

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._lexicon = snapshot.lexicon
        postings = [part.segment.postings for part in snapshot.parts]
        weights = self.posting_weights(postings, config)
        self._matrices = [
            csr_array((weight, one.rows, one.starts), shape=(len(one.keys), len(one.lengths)))
            for one, weight in zip(postings, weights, strict=True)
        ]

    @abstractmethod
    def posting_weights(self, parts: Sequence[Postings], config: RetrievalConfig) -> list[Floats]:
        """float32 weights aligned with the `rows` of each part's postings."""

    @abstractmethod
    def query_weights(self, counts: Scores, numbers: Ints) -> Scores:
        """float64[t]: the weight of each query term, from its `counts` and its `numbers` in the lexicon."""

    def weigh(self, queries: Sequence[Query]) -> list[Matches | None]:
        """See `Leg`; a query has nothing to go by when it asks for no term at all."""
        wanted = [wanted_terms(query) for query in queries]
        weighted = [self._weighted(counts) for counts in wanted]
        products = self._products(weighted)
        return [matches if counts else None for counts, matches in zip(wanted, products, strict=True)]

    def best(self, scorings: Sequence[Matches], asked: Sequence[Allowed], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`; only rows that share a term with the query come back."""
        return [self._best(*one) for one in zip(scorings, asked, depths, strict=True)]

    def _best(self, matches: Matches, limits: Allowed, depth: int) -> Ints:
        rows, values = matches.rows, matches.values
        if limits.mask is not None:
            passed = limits.mask[rows]
            rows, values = rows[passed], values[passed]
        return rows[best_first(values, self.snapshot.order[rows], depth)]

    def _weighted(self, counts: dict[str, float]) -> tuple[Keys, Floats]:
        """The keys of the query's terms that are in the lexicon, ascending, and their weights."""
        keys, where = np.unique(term_keys(counts), return_inverse=True)
        count = np.zeros(len(keys))
        np.add.at(count, where, list(counts.values()))
        numbers = self._lexicon.find(keys)
        known = numbers >= 0
        weights = self.query_weights(count[known], numbers[known])
        return keys[known], weights.astype(np.float32)

    def _products(self, weighted: Sequence[tuple[Keys, Floats]]) -> list[Matches]:
        by_part = [
            _product(part.segment.postings, matrix, weighted)
            for part, matrix in zip(self.snapshot.parts, self._matrices, strict=True)
        ]
        return [self._joined([product[at] for product in by_part]) for at in range(len(weighted))]

    def _joined(self, found: Sequence[tuple[Ints, Floats]]) -> Matches:
        starts = self.snapshot.first_rows
        rows = [part_rows.astype(np.int64) + first for (part_rows, _), first in zip(found, starts, strict=False)]
        values = [part_values for _, part_values in found]
        return Matches(
            np.concatenate([np.empty(0, dtype=np.int64), *rows]),
            np.concatenate([np.empty(0, dtype=np.float32), *values]),
            len(self.snapshot),
        )


def wanted_terms(query: Query) -> dict[str, float]:
    """How often `query` asks for each term: once for every time it stands in the text, plus the weights it gives."""
    counts: Counter[str] = Counter(terms(query.text)) if query.text else Counter()
    wanted: dict[str, float] = dict(counts)
    for term, weight in query.terms:
        wanted[term] = wanted.get(term, 0.0) + weight
    return {term: count for term, count in wanted.items() if count > 0}


def _product(
    postings: Postings, matrix: csr_array, weighted: Sequence[tuple[Keys, Floats]]
) -> list[tuple[Ints, Floats]]:
    """(rows, values) for each query: rows of the part that share a term with it."""
    found = [(postings.find(keys), weights) for keys, weights in weighted]
    numbers = np.concatenate([number for (_, number), _ in found])
    values = np.concatenate([weights[at] for (at, _), weights in found])
    starts = np.append(0, np.cumsum([len(number) for (_, number), _ in found]))
    # int32 like the postings: of mixed widths scipy would widen, and so copy, the whole matrix.
    indices, pointers = numbers.astype(np.int32), starts.astype(np.int32)
    queries = csr_array((values, indices, pointers), shape=(len(weighted), len(postings.keys)))
    product = queries @ matrix
    ends = product.indptr
    return [
        (product.indices[start:end], product.data[start:end])
        for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]
