"""The seam of everything that ranks: one leg or a fusion of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shortlist.core.ranking import Query, Ranking


class Retriever(Protocol):
    """Answers queries over one fixed revision of the catalogue."""

    def search(self, query: Query) -> Ranking:
        """The best items for `query`, at most `query.k`; empty when the query gives this retriever nothing to go by."""
        ...

    def search_many(self, queries: Sequence[Query]) -> list[Ranking]:
        """`[search(query) for query in queries]`, with the same ids in the same order and scores within 1e-5."""
        ...
