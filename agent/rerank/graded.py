"""One question a candidate, answered in JSON with a confidence: for models that give no log-probabilities."""

from __future__ import annotations

import json

from agent.candidate_text import candidate_text
from agent.rerank.attempts import Attempts
from agent.rerank.judged import permutation
from agent.rerank.question import Question, question
from agent.rerank.setting import Setting
from core.ranking import Ranking
from core.types import Profile

NAME = "graded"
SURE = 5
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"enum": ["yes", "no"]}, "confidence": {"type": "integer", "minimum": 1, "maximum": SURE}},
    "required": ["answer", "confidence"],
    "additionalProperties": False,
}
MAX_TOKENS = 32


class Graded:
    """Judges the head one by one: the confidence, negative for no."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """A permutation by signed confidence (see `Reranker`)."""
        head = self._setting.head(ranking.ids)
        asked = question(NAME, profile, wish, self._setting.shelf, self._setting.config)
        attempts = Attempts(self._setting.budget)
        judgements: dict[str, float] = {}
        unusable = 0
        for item in head:
            written = attempts.run(lambda one=item: self._written(asked, one))  # type: ignore[misc]
            if attempts.over:
                break
            grade = None if written is None else read_grade(written)
            if grade is None:
                unusable += 1
            else:
                judgements[item] = grade
        return permutation(ranking, judgements, NAME, attempts.notes(len(judgements), len(head), unusable))

    def _written(self, asked: Question, item: str) -> str:
        candidate = candidate_text(self._setting.shelf.videos[item], self._setting.config.candidate_tokens)
        return self._setting.model.complete(asked.messages(candidate=candidate), SCHEMA, MAX_TOKENS).text


def read_grade(written: str) -> float | None:
    """-5 (surely not) to 5 (surely); None where `written` is no such JSON."""
    try:
        answer = json.loads(written)
        sign = {"yes": 1, "no": -1}[answer["answer"]]
        return sign * min(float(SURE), max(1.0, float(answer["confidence"])))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
