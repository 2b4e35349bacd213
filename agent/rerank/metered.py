"""Language models around a language model: one that counts what a request costs, one that only listens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shortlist.core.ranking import ModelUse
from shortlist.models.llm.language_model import ChoiceScores, Completion, LanguageModel, Message, Schema


class MeteredModel:
    """Passes every call on and counts it; a failed call counts as a call."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._calls = self._cached = self._tokens = self._written = 0

    @property
    def name(self) -> str:
        """The name of the model behind."""
        return self._model.name

    @property
    def max_choices(self) -> int:
        """The choices that the model behind can score."""
        return self._model.max_choices

    @property
    def use(self) -> ModelUse:
        """What was counted so far."""
        return ModelUse(self.name, self._calls, self._tokens, self._cached, self._written)

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """See `LanguageModel.complete`."""
        self._calls += 1
        answer = self._model.complete(messages, schema, max_tokens)
        self._count(answer)
        return answer

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """See `LanguageModel.choice_logprobs`."""
        self._calls += 1
        answer = self._model.choice_logprobs(messages, choices)
        self._count(answer)
        return answer

    def _count(self, answer: Completion | ChoiceScores) -> None:
        if answer.cached:
            self._calls -= 1
            self._cached += 1
        else:
            self._tokens += answer.prompt_tokens
            self._written += answer.output_tokens if isinstance(answer, Completion) else 1


class Listener:
    """Keeps the messages it is sent and has no opinion: a reranker run on it shows its exact prompts."""

    name = "listener"
    max_choices = 20

    def __init__(self) -> None:
        self.heard: list[tuple[Message, ...]] = []

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """Empty text."""
        self.heard.append(tuple(messages))
        return Completion("", 0, 0)

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """The same log-probability for every choice."""
        self.heard.append(tuple(messages))
        return ChoiceScores(np.full(len(choices), -np.log(len(choices))), (False,) * len(choices), 0)
