"""The seam of everything that ranks: one leg or a fusion of several."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from shortlist.core.ranking import Query, Ranking
from shortlist.retrieval.filters import Allowed, allowed
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.vectors.threads import one_blas_thread

# Queries answered at once, and the most scores (queries x rows) held for them.
_QUERIES = 64
_SCORES = 16_000_000


class Retriever(Protocol):
    """Answers queries over one fixed revision of the catalogue."""

    def search(self, query: Query) -> Ranking:
        """The best items for `query`, at most `query.k`; empty when the query gives this retriever nothing to go by."""
        ...

    def search_many(self, queries: Sequence[Query]) -> list[Ranking]:
        """`[search(query) for query in queries]`, with the same ids in the same order and scores within 1e-5."""
        ...


class BatchRetriever(ABC):
    """A `Retriever` that is made by answering batches."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @abstractmethod
    def answer(self, queries: Sequence[Query], asked: Sequence[Allowed]) -> list[Ranking]:
        """The ranking for each query; `asked[i]` is what `queries[i]` lets come back."""

    def search(self, query: Query) -> Ranking:
        """The best videos for `query`; see `Retriever`."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[Ranking]:
        """The rankings of `queries`, in their order; see `Retriever`."""
        size = min(_QUERIES, max(1, _SCORES // max(1, len(self.snapshot))))
        found: list[Ranking] = []
        with one_blas_thread():
            for start in range(0, len(queries), size):
                batch = queries[start : start + size]
                found += self.answer(batch, [allowed(self.snapshot, query) for query in batch])
        return found
