"""The protocol of rerank methods and their table: a new method is one file here and one line in the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.letters import Letters
from shortlist.agent.rerank.list import ListOrder
from shortlist.agent.rerank.student import StudentRerank
from shortlist.agent.rerank.yesno import YesNo
from shortlist.agent.rerank.yesno_json import YesNoJson
from shortlist.core.config import STUDENT
from shortlist.core.notes import Note
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile


class Reranker(Protocol):
    """Reorders a ranking by the judgement of its candidates by a language model or its student."""

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """Return a permutation of `ranking`, whatever the model answers: no id is lost, invented or repeated.

        `sources[0]` ranks only the ids that the model judged, by the model's own score. The others follow in the order
        of `ranking`, which is `sources[1]`. Failures of the model become `notes`.
        """
        ...


METHODS: dict[str, Callable[[RerankContext], Reranker]] = {
    "yesno": YesNo,
    "letters": Letters,
    "list": ListOrder,
    STUDENT: StudentRerank,
}
BY_LOG_PROBABILITIES = frozenset({"yesno", "letters"})
JSON_FALLBACK = Note("json-fallback", "the language model gives no log-probabilities: it was asked for JSON instead")


def make_reranker(name: str, context: RerankContext) -> Reranker:
    """Return the method `name` of the table for one request. Raises `KeyError` for an unknown name."""
    return JsonFallback(METHODS[name], context) if name in BY_LOG_PROBABILITIES else METHODS[name](context)


class JsonFallback:
    """A method that reads log-probabilities, replaced by `YesNoJson` if the model gives none."""

    def __init__(self, method: Callable[[RerankContext], Reranker], context: RerankContext) -> None:
        self._method = method
        self._context = context

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """See `Reranker`."""
        if self._gives_logprobs():
            reranked = self._method(self._context).rerank(profile, wish, ranking)
            if self._gives_logprobs():  # an adapter may find out at its first call that its server gives none
                return reranked
        reranked = YesNoJson(self._context).rerank(profile, wish, ranking)
        return replace(reranked, notes=(JSON_FALLBACK, *reranked.notes))

    def _gives_logprobs(self) -> bool:
        return self._context.model.max_choices > 1
