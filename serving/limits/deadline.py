"""Stop the model calls of a request at its deadline or when its client disconnects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from time import monotonic

from shortlist.core.errors import ModelFailed
from shortlist.models.llm.language_model import ChoiceScores, Completion, LanguageModel, Message, Schema


class Deadline:
    """The deadline of one request, `seconds` from now. Thread-safe."""

    def __init__(self, seconds: float) -> None:
        self._deadline = monotonic() + seconds
        self._expired = threading.Event()

    def expire(self) -> None:
        """Expire now, so that no further model call starts."""
        self._expired.set()

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds`, at most until the deadline. Return whether time remains."""
        self._expired.wait(min(seconds, self.remaining_s))
        return self.remaining_s > 0

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline; 0 after it."""
        return 0.0 if self._expired.is_set() else max(0.0, self._deadline - monotonic())


current_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class DeadlineModel:
    """A language model that raises `ModelFailed` once the deadline of the current request has passed.

    `on_completion` is called with every result of `model`.
    """

    def __init__(self, model: LanguageModel, on_completion: Callable[[Completion | ChoiceScores], None]) -> None:
        self._model = model
        self._on_completion = on_completion

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
        _check_deadline()
        completion = self._model.complete(messages, schema, max_tokens)
        self._on_completion(completion)
        return completion

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """See `LanguageModel.choice_logprobs`."""
        _check_deadline()
        scores = self._model.choice_logprobs(messages, choices)
        self._on_completion(scores)
        return scores


def _check_deadline() -> None:
    deadline = current_deadline.get()
    if deadline is not None and not deadline.remaining_s:
        raise ModelFailed(
            "the language model was stopped",
            expected="an answer before the deadline",
            found="none in time",
            remedy="ask again, or without rerank",
        )
