"""The interface of retrievers: a leg, or a fusion of legs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from shortlist.core.ranking import Query, Ranking
from shortlist.retrieval.filters import AllowedRows, allowed_rows
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.vectors.threads import one_blas_thread

_BATCH_QUERIES = 64
_BATCH_SCORES = 16_000_000  # queries x rows, which bounds the memory of a batch


class Retriever(Protocol):
    """Answers queries over one revision of the catalogue."""

    def search(self, query: Query) -> Ranking:
        """Return the best items for `query`, at most `query.k`; empty if this retriever cannot answer it."""
        ...

    def search_many(self, queries: Sequence[Query]) -> list[Ranking]:
        """Return `[search(query) for query in queries]`, with equal ids and scores within 1e-5."""
        ...


class BatchRetriever(ABC):
    """Base class of retrievers that answer queries in batches."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @abstractmethod
    def answer(self, queries: Sequence[Query], allowed: Sequence[AllowedRows]) -> list[Ranking]:
        """Return the ranking for each query; `allowed[i]` has the rows that `queries[i]` allows."""

    def search(self, query: Query) -> Ranking:
        """See `Retriever`."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[Ranking]:
        """See `Retriever`."""
        size = min(_BATCH_QUERIES, max(1, _BATCH_SCORES // max(1, len(self.snapshot))))
        rankings: list[Ranking] = []
        with one_blas_thread():
            for start in range(0, len(queries), size):
                batch = queries[start : start + size]
                rankings += self.answer(batch, [allowed_rows(self.snapshot, query) for query in batch])
        return rankings
