"""One yes/no question a candidate, judged by the log-odds of the answer's first token.

Small models asked for an order almost always answer "A"; this is the question they can answer.
"""

from __future__ import annotations

import math

from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.pointwise import one_by_one
from shortlist.agent.rerank.question import question
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile
from shortlist.models.llm.language_model import ChoiceScores

NAME = "yesno"
CHOICES = ("yes", "no")
MAX_LOG_ODDS = 20.0


class YesNo:
    """Judges the head by log-odds."""

    def __init__(self, setting: RerankContext) -> None:
        self._setting = setting

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """A permutation by log-odds (see `Reranker` and `one_by_one`)."""
        model = self._setting.model
        asked = question("yesno_wish" if wish else NAME, profile, wish, self._setting.shelf, self._setting.config)

        def ask(candidate: str) -> ChoiceScores:
            return model.choice_logprobs(asked.messages(candidate=candidate), CHOICES)

        return one_by_one(self._setting, ranking, NAME, ask, log_odds)


def log_odds(answer: ChoiceScores) -> float | None:
    """log p(yes) - log p(no), bounded; None where the model gave neither."""
    if len(answer.logprobs) != len(CHOICES) or all(answer.missing):
        return None
    value = float(answer.logprobs[0]) - float(answer.logprobs[1])
    return None if math.isnan(value) else max(-MAX_LOG_ODDS, min(MAX_LOG_ODDS, value))
