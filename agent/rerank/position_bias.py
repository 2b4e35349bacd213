"""How much a model likes each letter, whatever stands behind it."""

from __future__ import annotations

import random
from string import ascii_uppercase

import numpy as np
import numpy.typing as npt

from shortlist.agent.rerank.attempts import Attempts
from shortlist.models.language_model import LanguageModel, Message
from shortlist.prompts.loader import load

NEUTRAL = "letters_neutral"
SHUFFLES = 6
SEED = 6


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
