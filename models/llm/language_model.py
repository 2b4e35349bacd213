"""The protocol of language models: complete a chat, or return the log-probabilities of one-token choices."""

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
    """Text written by a model, and the numbers of tokens evaluated and written. `cached` if no model was called."""

    text: str
    prompt_tokens: int
    output_tokens: int
    cached: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceScores:
    """Log-probabilities of the first answer token, float64[n] aligned with the choices.

    Variants of case and leading space are summed. `missing[i]` is True if the server did not return choice i; its
    value is then the smallest log-probability that the server returned. `cached` if no model was called.
    """

    logprobs: npt.NDArray[np.float64]
    missing: tuple[bool, ...]
    prompt_tokens: int
    cached: bool = False


class LanguageModel(Protocol):
    """A chat model. Every method raises `ModelFailed` if the model cannot be reached or its answer is unusable.

    `name` identifies weights and quantisation, for caches and `made_by`. `max_choices` is the number of choices that
    one call can score; 0 means that the model returns no log-probabilities.
    """

    @property
    def name(self) -> str: ...

    @property
    def max_choices(self) -> int: ...

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """Return the model's answer at temperature 0; with `schema`, the text is JSON that is valid under it."""
        ...

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """Score `choices`, one token each and distinct in lower case, as the first token of the answer.

        Raises `UsageError` unless there are 1 to `max_choices` of them.
        """
        ...
