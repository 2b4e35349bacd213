"""One call for a window of candidates, each after a letter: judged by the log-probability of each letter as the answer.

Models like some letters more than others wherever they stand, so the letter's own log-probability, measured once on
windows of neutral candidates, is subtracted.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np

from shortlist.agent.candidate_text import candidate_text
from shortlist.agent.rerank.attempts import Attempts
from shortlist.agent.rerank.judged import permutation
from shortlist.agent.rerank.position_bias import position_bias
from shortlist.agent.rerank.question import Question, question
from shortlist.agent.rerank.setting import Setting
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile
from shortlist.models.language_model import ChoiceScores

NAME = "letters"
WINDOW = 20


class Letters:
    """Judges the head in windows of as many candidates as the model can score letters, at most 20."""

    def __init__(self, setting: Setting, calibrated: bool = True) -> None:
        self._setting = setting
        self._calibrated = calibrated

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """A permutation by calibrated log-probability, each window's centred on 0 (see `Reranker`)."""
        head = self._setting.head(ranking.ids)
        size = min(WINDOW, self._setting.model.max_choices)
        attempts = Attempts(self._setting.budget)
        bias = position_bias(self._setting.model, size, attempts) if self._calibrated and head else np.zeros(size)
        asked = question(NAME, profile, wish, self._setting.shelf, self._setting.config)
        judgements: dict[str, float] = {}
        unusable = 0
        for window in dealt(head, size):
            answer = attempts.run(lambda shown=window: self._answer(asked, shown))  # type: ignore[misc]
            if attempts.over:
                break
            if answer is None or not _usable(answer, len(window)):
                unusable += len(window)
            else:
                scores = answer.logprobs - bias[: len(window)]
                judgements |= dict(zip(window, (scores - scores.mean()).tolist(), strict=True))
        return permutation(ranking, judgements, NAME, attempts.notes(len(judgements), len(head), unusable))

    def _answer(self, asked: Question, window: Sequence[str]) -> ChoiceScores:
        videos, tokens = self._setting.shelf.videos, self._setting.config.candidate_tokens
        lines = labelled([candidate_text(videos[item], tokens, joint="; ") for item in window])
        return self._setting.model.choice_logprobs(asked.messages(candidates=lines), ascii_uppercase[: len(window)])


def dealt(items: Sequence[str], size: int) -> list[list[str]]:
    """`items`, best first, as few windows of at most `size`, dealt like cards.

    Each window then has as good candidates as any other, and its scores can stand beside theirs; and no candidate has
    to be read twice to tie them together.
    """
    n = -(-len(items) // size)
    return [list(items[start::n]) for start in range(n)]


def labelled(texts: Sequence[str]) -> str:
    """One line a candidate, after its letter."""
    return "\n".join(f"{letter}) {text}" for letter, text in zip(ascii_uppercase, texts, strict=False))


def _usable(answer: ChoiceScores, size: int) -> bool:
    return len(answer.logprobs) == size and not all(answer.missing) and bool(np.isfinite(answer.logprobs).all())
