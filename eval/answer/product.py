"""The product answers: the recommender that ships, with a variant's settings."""

from __future__ import annotations

from collections.abc import Sequence

from agent.recommend import Recommender
from core.config import NONE
from core.ranking import Filters, Request
from eval.answer.answered import Answered, depth_of
from eval.data.dataset import DataSet, EvalQuery


class Product:
    """Ranks by `Recommender.rank_many`: profile, query, retrieval, rerank and blend; only the reasons are left out."""

    def __init__(self, recommender: Recommender, data: DataSet, method: str) -> None:
        self._recommender = recommender
        self._filters = Filters(include_seen=not data.exclude_seen)
        self._method = method
        self.batch = 256 if method == NONE else 4

    def __call__(self, queries: Sequence[EvalQuery]) -> list[Answered]:
        """See `Answerer`."""
        ranked = self._recommender.rank_many([self.request(query) for query in queries])
        return [Answered(one.verdict.final, one.timings_ms, one.verdict.use, one.verdict.notes) for one in ranked]

    def request(self, query: EvalQuery) -> Request:
        """`query` as a reader would ask it: a text is a wish, a query of its own is a reader."""
        only = None if query.candidates is None else frozenset(query.candidates)
        return Request(query.id, depth_of(query), query.text, self._method, filters=self._filters, only=only)
