"""Pointwise rerank by one yes/no question a candidate, scored by the log-odds of the answer's first token.

Small models that are asked for an order almost always answer "A"; a yes/no question they can answer.
"""

from __future__ import annotations

import math

from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.pointwise import rerank_pointwise
from shortlist.agent.rerank.prompt import ReaderPrompt
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile
from shortlist.models.llm.language_model import ChoiceScores

NAME = "yesno"
WISH_PROMPT = "yesno_wish"
CHOICES = ("yes", "no")
MAX_LOG_ODDS = 20.0


class YesNo:
    """Scores the head by log-odds."""

    def __init__(self, context: RerankContext) -> None:
        self._context = context

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """Return a permutation by log-odds (see `Reranker` and `rerank_pointwise`)."""
        model, name = self._context.model, WISH_PROMPT if wish else NAME
        prompt = ReaderPrompt.load(name, profile, wish, self._context.items, self._context.config)

        def ask(candidate: str) -> ChoiceScores:
            return model.choice_logprobs(prompt.messages(candidate=candidate), CHOICES)

        return rerank_pointwise(self._context, ranking, NAME, ask, log_odds)


def log_odds(answer: ChoiceScores) -> float | None:
    """Return log p(yes) - log p(no), bounded by `MAX_LOG_ODDS`; None if the model scored neither."""
    if len(answer.logprobs) != len(CHOICES) or all(answer.missing):
        return None
    value = float(answer.logprobs[0]) - float(answer.logprobs[1])
    return None if math.isnan(value) else max(-MAX_LOG_ODDS, min(MAX_LOG_ODDS, value))
