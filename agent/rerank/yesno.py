"""One yes/no question a candidate, judged by the log-odds of the answer's first token.

Small models asked for an order almost always answer "A"; this is the question they can answer.
"""

from __future__ import annotations

import math

from agent.candidate_text import candidate_text
from agent.rerank.attempts import Attempts
from agent.rerank.depth import settled
from agent.rerank.judged import permutation
from agent.rerank.question import Question, question
from agent.rerank.setting import Setting
from core.ranking import Ranking
from core.types import Profile
from models.language_model import ChoiceScores

NAME = "yesno"
CHOICES = ("yes", "no")
MAX_LOG_ODDS = 20.0


class YesNo:
    """Judges the head from the best down, until no deeper candidate can change what `config.top` is for."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """A permutation by log-odds (see `Reranker`)."""
        setting = self._setting
        head = setting.head(ranking.ids)
        asked = question("yesno_wish" if wish else NAME, profile, wish, setting.shelf, setting.config)
        attempts = Attempts(setting.budget)
        judgements: dict[str, float] = {}
        unusable = 0
        for item in head:
            if settled(ranking, judgements, setting.weight, setting.config):
                break
            answer = attempts.run(lambda one=item: self._answer(asked, one))  # type: ignore[misc]
            if attempts.over:
                break
            judgement = None if answer is None else log_odds(answer)
            if judgement is None:
                unusable += 1
            else:
                judgements[item] = judgement
        return permutation(ranking, judgements, NAME, attempts.notes(len(judgements), len(head), unusable))

    def _answer(self, asked: Question, item: str) -> ChoiceScores:
        candidate = candidate_text(self._setting.shelf.videos[item], self._setting.config.candidate_tokens)
        return self._setting.model.choice_logprobs(asked.messages(candidate=candidate), CHOICES)


def log_odds(answer: ChoiceScores) -> float | None:
    """log p(yes) - log p(no), bounded; None where the model gave neither."""
    if len(answer.logprobs) != len(CHOICES) or all(answer.missing):
        return None
    value = float(answer.logprobs[0]) - float(answer.logprobs[1])
    return None if math.isnan(value) else max(-MAX_LOG_ODDS, min(MAX_LOG_ODDS, value))
