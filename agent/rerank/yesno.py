"""One yes/no question a candidate, judged by the log-odds of the answer's first token.

Small models asked for an order almost always answer "A"; this is the question they can answer. With a wish they are
asked about the wish alone: a history of something else made the 1.5B model refuse what was asked for. A model that
gives no log-probabilities writes its answer and confidence as JSON instead.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from agent.candidate_text import candidate_text, clean
from agent.rerank.budget import Budget
from agent.rerank.history_text import reader_values
from agent.rerank.judged import permutation
from agent.shelf import Shelf
from core.config import RerankConfig
from core.errors import ModelFailed
from core.ranking import Ranking
from core.types import Profile
from models.language_model import LanguageModel, Message
from prompts.loader import Prompt, load

CHOICES = ("yes", "no")
WISH_WORDS = 60
MAX_LOG_ODDS = 20.0
SURE = 5
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"enum": list(CHOICES)}, "confidence": {"type": "integer", "minimum": 1, "maximum": SURE}},
    "required": ["answer", "confidence"],
    "additionalProperties": False,
}


class YesNo:
    """Judges the first `config.depth` candidates within `budget`; `shelf` has their records and the history's."""

    def __init__(self, model: LanguageModel, shelf: Shelf, config: RerankConfig, budget: Budget) -> None:
        self._model = model
        self._shelf = shelf
        self._config = config
        self._budget = budget
        self._judge = _graded if model.max_choices < len(CHOICES) else _log_odds

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """A permutation of `ranking` by log-odds (see `Reranker`)."""
        prompt, reader = self._question(profile, wish)
        head = [item for item in ranking.ids[: self._config.depth] if item in self._shelf.videos]
        judgements: dict[str, float | None] = {}
        notes: list[str] = []
        for item in head:
            try:
                if not self._budget.fits():
                    notes.append(f"rerank stopped by its time budget: {len(judgements)} of {len(head)} judged")
                    break
                judgements[item] = self._judge(self._model, self._messages(prompt, reader, item))
            except ModelFailed as error:
                notes.append(f"rerank stopped by the language model: {len(judgements)} of {len(head)} judged: {error}")
                break
        usable = {item: score for item, score in judgements.items() if score is not None}
        if len(usable) < len(judgements):
            notes.append(f"the language model gave no usable answer for {len(judgements) - len(usable)} candidates")
        return permutation(ranking, usable, "yesno", notes)

    def _question(self, profile: Profile, wish: str | None) -> tuple[Prompt, dict[str, str]]:
        if wish:
            return load("yesno_wish"), {"wish": clean(wish, WISH_WORDS)}
        return load("yesno"), reader_values(profile, self._shelf, self._config.history_items)

    def _messages(self, prompt: Prompt, reader: dict[str, str], item: str) -> list[Message]:
        candidate = candidate_text(self._shelf.videos[item], self._config.candidate_words)
        return [Message(role, text) for role, text in prompt.render(**reader, candidate=candidate)]


def _log_odds(model: LanguageModel, messages: Sequence[Message]) -> float | None:
    """log p(yes) - log p(no), or None where the model gave neither."""
    answer = model.choice_logprobs(messages, CHOICES)
    if len(answer.logprobs) != len(CHOICES) or all(answer.missing):
        return None
    return _bounded(float(answer.logprobs[0]) - float(answer.logprobs[1]))


def _graded(model: LanguageModel, messages: Sequence[Message]) -> float | None:
    """The confidence, negative for no; None where the answer cannot be read."""
    try:
        answer = json.loads(model.complete(messages, SCHEMA, max_tokens=32).text)
        sign = {"yes": 1, "no": -1}[answer["answer"]]
        return sign * min(float(SURE), max(1.0, float(answer["confidence"])))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _bounded(value: float) -> float | None:
    return None if math.isnan(value) else max(-MAX_LOG_ODDS, min(MAX_LOG_ODDS, value))
