"""One call for a window of candidates, each after a letter: judged by the log-probability of each letter as the answer.

Models like some letters more than others wherever they stand, so the letter's own log-probability, measured once on
windows of neutral candidates, is subtracted.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np
import numpy.typing as npt

from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.attempts import Attempts
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.judged import permutation
from shortlist.agent.rerank.question import Question, question
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile
from shortlist.models.llm.language_model import ChoiceScores, LanguageModel, Message
from shortlist.prompts.loader import load

NAME = "letters"
WINDOW = 20
NEUTRAL = "letters_neutral"
SHUFFLES = 6
SEED = 6


class Letters:
    """Judges the head in windows of as many candidates as the model can score letters, at most 20."""

    def __init__(self, setting: RerankContext, calibrated: bool = True) -> None:
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


def position_bias(model: LanguageModel, size: int, attempts: Attempts) -> npt.NDArray[np.float64]:
    """float64[size]: the mean log-probability of each letter over shuffled windows of `size` neutral candidates.

    The windows are the same for every reader, so a model that remembers its answers is asked once, until its weights or
    a prompt's words change. What time or a failing model leaves unmeasured is left out of the mean.
    """
    found = []
    for messages in neutral_windows(size):
        answer = attempts.run(lambda asked=messages: model.choice_logprobs(asked, ascii_uppercase[:size]))  # type: ignore[misc]
        if answer is not None and len(answer.logprobs) == size and np.isfinite(answer.logprobs).all():
            found.append(answer.logprobs - answer.logprobs.mean())
    return np.mean(found, axis=0) if found else np.zeros(size)


def neutral_windows(size: int) -> list[list[Message]]:
    """The prompts of the shuffled windows."""
    [(_, text)] = load(NEUTRAL).render()
    wish, *candidates = text.split("\n")
    drawn = random.Random(SEED)  # noqa: S311 - any fixed shuffles will do
    nobody = dict.fromkeys(("session", "taste", "categories", "interests"), "")
    windows = []
    for _ in range(SHUFFLES):
        shuffled = drawn.sample(candidates, size)
        lines = "\n".join(f"{letter}) {line}" for letter, line in zip(ascii_uppercase, shuffled, strict=False))
        turns = load("letters").render(**nobody, wish=wish, candidates=lines)
        windows.append([Message(role, turn) for role, turn in turns])
    return windows
