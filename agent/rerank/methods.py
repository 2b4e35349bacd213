"""The table of rerank methods: a new one is one file here and one line in it."""

from __future__ import annotations

from collections.abc import Callable

from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.graded import Graded
from shortlist.agent.rerank.letters import Letters
from shortlist.agent.rerank.list import ListOrder
from shortlist.agent.rerank.reranker import Reranker
from shortlist.agent.rerank.yesno import YesNo
from shortlist.core.notes import Note
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile

METHODS: dict[str, Callable[[RerankContext], Reranker]] = {
    "yesno": YesNo,
    "letters": Letters,
    "list": ListOrder,
}
BY_LOG_PROBABILITIES = frozenset({"yesno", "letters"})
IN_JSON = Note("json-fallback", "the language model gives no log-probabilities: it was asked for JSON instead")


def reranker(name: str, setting: RerankContext) -> Reranker:
    """The method `name`, which must be of the table, for one request."""
    return JsonFallback(METHODS[name], setting) if name in BY_LOG_PROBABILITIES else METHODS[name](setting)


class JsonFallback:
    """A method that reads log-probabilities, or `Graded` where the model turns out to give none."""

    def __init__(self, method: Callable[[RerankContext], Reranker], setting: RerankContext) -> None:
        self._method = method
        self._setting = setting

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """See `Reranker`."""
        if self._scores():
            reranked = self._method(self._setting).rerank(profile, wish, ranking)
            if self._scores():  # an adapter that was promised log-probabilities and got none knows now
                return reranked
        return noted(Graded(self._setting).rerank(profile, wish, ranking), IN_JSON)

    def _scores(self) -> bool:
        return self._setting.model.max_choices > 1


def noted(ranking: Ranking, note: Note) -> Ranking:
    """`ranking` with one more note, before its own."""
    return Ranking(ranking.ids, ranking.scores, ranking.origin, ranking.sources, (note, *ranking.notes))
