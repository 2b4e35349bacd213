"""The product answers: the recommender that ships, with a variant's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shortlist.agent.recommend import Recommender, RerankedRequest
from shortlist.core.config import NONE
from shortlist.core.ranking import Filters, Request
from shortlist.eval.answer.answered import Answered, depth_of
from shortlist.eval.data.dataset import DataSet, EvalQuery

# As many of a batch are asked one by one, as a reader asks: what a query takes is known from these.
ALONE = 32


class Product:
    """Ranks by `Recommender.rank_many`: profile, query, retrieval, rerank and blend; only the reasons are left out."""

    def __init__(self, recommender: Recommender, data: DataSet, method: str) -> None:
        self._recommender = recommender
        self._filters = Filters(include_seen=not data.exclude_seen)
        self._method = method
        self._ids = frozenset(item.id for item in data.items) if data.not_itself else frozenset()
        self._warm = method != NONE  # a model is not asked twice
        self.batch = 256 if method == NONE else 4

    def __call__(self, queries: Sequence[EvalQuery]) -> list[Answered]:
        """See `Answerer`. What was asked together with others has no times of its own."""
        requests = [self.request(query) for query in queries]
        if not self._warm:  # loading is not what a query takes
            self._recommender.rank_many(requests[:1])
            self._warm = True
        alone = [one for request in requests[:ALONE] for one in self._recommender.rank_many([request])]
        together = self._recommender.rank_many(requests[ALONE:])
        return [_answered(one, one.timings_ms) for one in alone] + [_answered(one, {}) for one in together]

    def request(self, query: EvalQuery) -> Request:
        """`query` as a reader would ask it: a text is a wish, a query of its own is a reader."""
        only = None if query.candidates is None else frozenset(query.candidates)
        if only is None and query.id in self._ids:
            only = self._ids - {query.id}
        return Request(query.id, depth_of(query), query.text, self._method, filters=self._filters, only=only)


def _answered(reranked: RerankedRequest, timings_ms: Mapping[str, float]) -> Answered:
    result = reranked.result
    return Answered(result.final, timings_ms, result.use, result.notes)
