"""Listwise rerank by letter: one call a window of candidates, scored by each letter's log-probability as the answer.

Models prefer some letters wherever they stand. So each letter's mean log-probability over windows of neutral
candidates, measured once, is subtracted.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np
import numpy.typing as npt

from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.budget import BudgetedCalls
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.permutation import permutation
from shortlist.agent.rerank.prompt import ReaderPrompt
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
    """Scores the head in windows of as many candidates as the model can score letters, at most 20."""

    def __init__(self, context: RerankContext, calibrated: bool = True) -> None:
        self._context = context
        self._calibrated = calibrated

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """Return a permutation by calibrated log-probability, each window's centred on 0 (see `Reranker`)."""
        head = self._context.head(ranking.ids)
        size = min(WINDOW, self._context.model.max_choices)
        calls = BudgetedCalls(self._context.budget)
        bias = position_bias(self._context.model, size, calls) if self._calibrated and head else np.zeros(size)
        prompt = ReaderPrompt.load(NAME, profile, wish, self._context.items, self._context.config)
        judgements: dict[str, float] = {}
        unusable = 0
        for window in deal(head, size):
            answer = calls.run(lambda window=window: self._ask(prompt, window))  # type: ignore[misc]
            if calls.stopped:
                break
            if answer is None or not _usable(answer, len(window)):
                unusable += len(window)
            else:
                scores = answer.logprobs - bias[: len(window)]
                judgements |= dict(zip(window, (scores - scores.mean()).tolist(), strict=True))
        return permutation(ranking, judgements, NAME, calls.notes(len(judgements), len(head), unusable))

    def _ask(self, prompt: ReaderPrompt, window: Sequence[str]) -> ChoiceScores:
        videos, tokens = self._context.items.videos, self._context.config.candidate_tokens
        lines = label([candidate_text(videos[item], tokens, joint="; ") for item in window])
        return self._context.model.choice_logprobs(prompt.messages(candidates=lines), ascii_uppercase[: len(window)])


def deal(items: Sequence[str], size: int) -> list[list[str]]:
    """Return `items`, best first, in as few windows of at most `size` as possible, dealt like cards.

    All windows are then about equally good, so their centred scores can be compared without candidates in common.
    """
    n = -(-len(items) // size)
    return [list(items[start::n]) for start in range(n)]


def label(texts: Sequence[str]) -> str:
    """Return one line a text, after its letter."""
    return "\n".join(f"{letter}) {text}" for letter, text in zip(ascii_uppercase, texts, strict=False))


def _usable(answer: ChoiceScores, size: int) -> bool:
    return len(answer.logprobs) == size and not all(answer.missing) and bool(np.isfinite(answer.logprobs).all())


def position_bias(model: LanguageModel, size: int, calls: BudgetedCalls) -> npt.NDArray[np.float64]:
    """Return float64[size]: each letter's mean log-probability over shuffled windows of `size` neutral candidates.

    The windows are the same for every reader, so a cached model answers them once for its weights and prompt version.
    Windows that fail or do not fit the budget are left out of the mean; it is 0 where all do.
    """
    measured = []
    for messages in neutral_windows(size):
        answer = calls.run(lambda messages=messages: model.choice_logprobs(messages, ascii_uppercase[:size]))  # type: ignore[misc]
        if answer is not None and len(answer.logprobs) == size and np.isfinite(answer.logprobs).all():
            measured.append(answer.logprobs - answer.logprobs.mean())
    return np.mean(measured, axis=0) if measured else np.zeros(size)


def neutral_windows(size: int) -> list[list[Message]]:
    """Return the prompts of the shuffled windows."""
    [(_, text)] = load(NEUTRAL).render()
    wish, *candidates = text.split("\n")
    shuffler = random.Random(SEED)  # noqa: S311 - any fixed shuffles will do
    no_reader = dict.fromkeys(("session", "taste", "categories", "interests"), "")
    windows = []
    for _ in range(SHUFFLES):
        lines = label(shuffler.sample(candidates, size))
        turns = load(NAME).render(**no_reader, wish=wish, candidates=lines)
        windows.append([Message(role, turn) for role, turn in turns])
    return windows
