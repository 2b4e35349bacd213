"""Stops what a request asks of a language model: at its deadline, or when nobody waits for it any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from time import monotonic

from shortlist.core.errors import ModelFailed
from shortlist.models.llm.language_model import ChoiceScores, Completion, LanguageModel, Message, Schema


class Deadline:
    """One request's end: `now` ends it before its deadline. Safe to share between threads."""

    def __init__(self, seconds: float) -> None:
        self._deadline = monotonic() + seconds
        self._stopped = threading.Event()

    def now(self) -> None:
        """No model call starts from here on."""
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds`, at most until the end; whether there is time left."""
        self._stopped.wait(min(seconds, self.left_s))
        return self.left_s > 0

    @property
    def left_s(self) -> float:
        """Seconds left, 0 after the end."""
        return 0.0 if self._stopped.is_set() else max(0.0, self._deadline - monotonic())


current: ContextVar[Deadline | None] = ContextVar("stop", default=None)


class DeadlineModel:
    """Passes every call on, until the current request is to stop: then a call raises `ModelFailed`.

    `answered` is told every answer.
    """

    def __init__(self, model: LanguageModel, answered: Callable[[Completion | ChoiceScores], None]) -> None:
        self._model = model
        self._answered = answered

    @property
    def name(self) -> str:
        """The model's own."""
        return self._model.name

    @property
    def max_choices(self) -> int:
        """The model's own."""
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
    stop = current.get()
    if stop is not None and not stop.left_s:
        raise ModelFailed(
            "the language model was stopped",
            expected="an answer before the deadline",
            found="none in time",
            remedy="ask again, or without rerank",
        )
