"""Shortlist's own recommender as a system under evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shortlist.agent.recommend import Recommender, RerankedRequest
from shortlist.core.config import NONE
from shortlist.core.ranking import Filters, Request
from shortlist.eval.answer.answerer import Answer, depth_of
from shortlist.eval.data.dataset import DataSet, EvalQuery

# So many queries of a batch run one by one, as a reader's requests do. Only these are timed.
TIMED_QUERIES = 32


class RecommenderAnswerer:
    """An `Answerer` that calls `Recommender.rank_many`, which does everything but write reasons."""

    def __init__(self, recommender: Recommender, data: DataSet, method: str) -> None:
        self._recommender = recommender
        self._filters = Filters(include_seen=not data.exclude_seen)
        self._method = method
        self._item_ids = frozenset(item.id for item in data.items) if data.not_itself else frozenset()
        self._warm = method != NONE  # a warm-up would call the language model
        self.batch_size = 256 if method == NONE else 4

    def __call__(self, queries: Sequence[EvalQuery]) -> list[Answer]:
        """See `Answerer`. The first `TIMED_QUERIES` are timed."""
        requests = [self.request(query) for query in queries]
        if not self._warm:  # so that the time of the first query does not include loading
            self._recommender.rank_many(requests[:1])
            self._warm = True
        timed = [result for request in requests[:TIMED_QUERIES] for result in self._recommender.rank_many([request])]
        untimed = self._recommender.rank_many(requests[TIMED_QUERIES:])
        return [_to_answer(result, result.timings_ms) for result in timed] + [
            _to_answer(result, {}) for result in untimed
        ]

    def request(self, query: EvalQuery) -> Request:
        """Return `query` as a request: its text is the wish, and its id names the reader."""
        only = None if query.candidates is None else frozenset(query.candidates)
        if only is None and query.id in self._item_ids:
            only = self._item_ids - {query.id}
        return Request(
            query.id, depth_of(query), query.text, self._method, filters=self._filters, only=only, at=query.at
        )


def _to_answer(reranked: RerankedRequest, timings_ms: Mapping[str, float]) -> Answer:
    result = reranked.result
    return Answer(result.final, timings_ms, result.use, result.notes)
