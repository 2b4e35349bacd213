"""The seam of every language model: complete a chat, or give the log-probabilities of one-token choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote, and how many tokens it read and wrote. `cached` if no model was asked."""

    text: str
    prompt_tokens: int
    output_tokens: int
    cached: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceScores:
    """Log-probabilities of the first answer token, float64[n] aligned with the choices asked for.

    Variants of case and leading space are summed. `missing[i]` is True where the server did not return
    choice i; its value is then the smallest log-probability that the server did return.
    """

    logprobs: npt.NDArray[np.float64]
    missing: tuple[bool, ...]
    prompt_tokens: int
    cached: bool = False


class LanguageModel(Protocol):
    """A chat model. Every method raises `ModelFailed` when the model cannot be asked or answers unusably.

    `name` identifies weights and quantisation, for caches and `made_by`. `max_choices` is how many
    choices one call can score; 0 means the model gives no log-probabilities.
    """

    @property
    def name(self) -> str: ...

    @property
    def max_choices(self) -> int: ...

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """The model's answer at temperature 0; with `schema`, text that is valid JSON under it."""
        ...

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """Scores of `choices` (one token each, distinct when lowered) as the first token of the answer."""
        ...
