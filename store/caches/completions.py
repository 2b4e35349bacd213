"""A cache of a language model's answers: the same question is asked once."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, astuple, replace
from typing import Any

import numpy as np

from shortlist.core.errors import ModelFailed
from shortlist.core.ranking import ModelUse
from shortlist.models.llm.language_model import ChoiceScores, Completion, LanguageModel, Message, Schema
from shortlist.store.caches.checked_table import CheckedTable
from shortlist.store.sql.database import Database
from shortlist.store.sql.schema import answers


class CachedModel:
    """A language model that caches its answers in `database` (the home's `answers`). A damaged answer is asked again.

    `version` names everything else that answers depend on: with another version, all are asked again. With `ask` false,
    the model is asked nothing: a question without a cached answer raises `ModelFailed`. Threads may share it.
    """

    def __init__(self, model: LanguageModel, database: Database, version: str, *, ask: bool = True) -> None:
        self._model = model
        self._ask = ask
        self._answers = CheckedTable(database, answers)
        self._version = version
        self._use = ModelUse(model.name)
        self._counting = threading.Lock()
        self._answers.prepare()

    @property
    def name(self) -> str:
        """The name of the model."""
        return self._model.name

    @property
    def max_choices(self) -> int:
        """The limit of the model."""
        return self._model.max_choices

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """Complete as the model does. `cached` is true if the answer comes from the cache."""
        key = self._key("complete", messages, None if schema is None else dict(schema), max_tokens)
        cached = self._cached(key)
        if cached is not None:
            return Completion(**cached, cached=True)
        self._check_may_ask()
        answer = self._model.complete(messages, schema, max_tokens)
        self._store(key, {part: value for part, value in asdict(answer).items() if part != "cached"})
        self._count(asked=1, prompt_tokens=answer.prompt_tokens)
        return answer

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """Score choices as the model does. `cached` is true if the answer comes from the cache."""
        key = self._key("choices", messages, list(choices))
        cached = self._cached(key)
        if cached is not None:
            logprobs = np.array(cached["logprobs"], dtype=np.float64)
            return ChoiceScores(logprobs, tuple(cached["missing"]), cached["prompt_tokens"], cached=True)
        self._check_may_ask()
        scores = self._model.choice_logprobs(messages, choices)
        answer = {"logprobs": scores.logprobs.tolist(), "missing": scores.missing}
        self._store(key, {**answer, "prompt_tokens": scores.prompt_tokens})
        self._count(asked=1, prompt_tokens=scores.prompt_tokens)
        return scores

    def usage(self) -> ModelUse:
        """Return the calls that reached the model, the tokens it read, and the calls answered from the cache."""
        return self._use

    def _check_may_ask(self) -> None:
        if not self._ask:
            raise ModelFailed(
                "the language model may not be asked",
                expected="a cached answer",
                found="none",
                remedy="allow it to answer",
            )

    def _key(self, method: str, messages: Sequence[Message], *question: Any) -> str:
        parts = [self._version, self.name, method, [astuple(message) for message in messages], *question]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _cached(self, key: str) -> dict[str, Any] | None:
        rows = self._answers.read(answers.c.key == key)
        if not rows:
            return None
        self._count(cached=1)
        answer: dict[str, Any] = json.loads(rows[0].answer)
        return answer

    def _store(self, key: str, answer: dict[str, Any]) -> None:
        self._answers.write([{"key": key, "answer": json.dumps(answer)}])

    def _count(self, asked: int = 0, prompt_tokens: int = 0, cached: int = 0) -> None:
        with self._counting:
            use = self._use
            self._use = replace(
                use,
                calls=use.calls + asked,
                prompt_tokens=use.prompt_tokens + prompt_tokens,
                cached_calls=use.cached_calls + cached,
            )
