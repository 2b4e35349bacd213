"""Stops the model calls of a request: at its deadline, or when its client has left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from time import monotonic

from shortlist.core.errors import ModelFailed
from shortlist.models.llm.language_model import ChoiceScores, Completion, LanguageModel, Message, Schema


class Deadline:
    """The end of one request, `seconds` from now. Safe to share between threads."""

    def __init__(self, seconds: float) -> None:
        self._deadline = monotonic() + seconds
        self._ended = threading.Event()

    def end(self) -> None:
        """End it now: no further model call starts."""
        self._ended.set()

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds`, at most until the end; return whether time is left."""
        self._ended.wait(min(seconds, self.left_s))
        return self.left_s > 0

    @property
    def left_s(self) -> float:
        """Seconds left, 0 after the end."""
        return 0.0 if self._ended.is_set() else max(0.0, self._deadline - monotonic())


current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class DeadlineModel:
    """Passes calls to `model` until the current request has ended; then a call raises `ModelFailed`.

    `answered` receives every answer.
    """

    def __init__(self, model: LanguageModel, answered: Callable[[Completion | ChoiceScores], None]) -> None:
        self._model = model
        self._answered = answered

    @property
    def name(self) -> str:
        """See `LanguageModel`."""
        return self._model.name

    @property
    def max_choices(self) -> int:
        """See `LanguageModel`."""
        return self._model.max_choices

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """See `LanguageModel.complete`."""
        _check()
        answer = self._model.complete(messages, schema, max_tokens)
        self._answered(answer)
        return answer

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """See `LanguageModel.choice_logprobs`."""
        _check()
        scores = self._model.choice_logprobs(messages, choices)
        self._answered(scores)
        return scores


def _check() -> None:
    deadline = current.get()
    if deadline is not None and not deadline.left_s:
        raise ModelFailed(
            "the language model was stopped",
            expected="an answer before the deadline",
            found="none in time",
            remedy="ask again, or without rerank",
        )
