"""A language model that counts the calls and tokens of one request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from time import perf_counter

from shortlist.core.ranking import ModelUse
from shortlist.models.llm.language_model import ChoiceScores, Completion, LanguageModel, Message, Schema


class MeteredModel:
    """Wraps the model that `load` returns and counts its calls, failed ones included."""

    def __init__(self, load: Callable[[], LanguageModel]) -> None:
        self._load = load
        self._calls = self._cached = self._prompt_tokens = self._output_tokens = 0
        self._judgement_s: list[float] = []

    @cached_property
    def _model(self) -> LanguageModel:
        return self._load()

    @property
    def name(self) -> str:
        """The name of the wrapped model."""
        return self._model.name

    @property
    def max_choices(self) -> int:
        """The number of choices that the wrapped model can score."""
        return self._model.max_choices

    @property
    def use(self) -> ModelUse:
        """The counts so far."""
        name = self.name if self._calls or self._cached else None
        return ModelUse(name, self._calls, self._prompt_tokens, self._cached, self._output_tokens)

    @property
    def judgement_s(self) -> float | None:
        """Seconds of a judgement: the shortest but for the first one, which may load the model; None before two."""
        return min(self._judgement_s[1:], default=None)

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """See `LanguageModel.complete`."""
        self._calls += 1
        answer = self._model.complete(messages, schema, max_tokens)
        self._count(answer)
        return answer

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """See `LanguageModel.choice_logprobs`."""
        self._calls += 1
        started = perf_counter()
        answer = self._model.choice_logprobs(messages, choices)
        if not answer.cached:
            self._judgement_s.append(perf_counter() - started)
        self._count(answer)
        return answer

    def _count(self, answer: Completion | ChoiceScores) -> None:
        if answer.cached:
            self._calls -= 1
            self._cached += 1
        else:
            self._prompt_tokens += answer.prompt_tokens
            self._output_tokens += answer.output_tokens if isinstance(answer, Completion) else 1
