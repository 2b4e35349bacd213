"""One question a candidate, answered in JSON with a confidence: for models that give no log-probabilities."""

from __future__ import annotations

import json

from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.pointwise import one_by_one
from shortlist.agent.rerank.question import question
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile

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
    """Judges the head by confidence, negative for no."""

    def __init__(self, setting: RerankContext) -> None:
        self._setting = setting

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """A permutation by signed confidence (see `Reranker` and `one_by_one`)."""
        model = self._setting.model
        asked = question(NAME, profile, wish, self._setting.shelf, self._setting.config)

        def ask(candidate: str) -> str:
            return model.complete(asked.messages(candidate=candidate), SCHEMA, MAX_TOKENS).text

        return one_by_one(self._setting, ranking, NAME, ask, read_grade)


def read_grade(written: str) -> float | None:
    """-5 (surely not) to 5 (surely); None where `written` is no such JSON."""
    try:
        answer = json.loads(written)
        sign = {"yes": 1, "no": -1}[answer["answer"]]
        return sign * min(float(SURE), max(1.0, float(answer["confidence"])))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
