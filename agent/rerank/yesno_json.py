"""Pointwise rerank by a yes/no answer with a confidence in JSON, for models that give no log-probabilities."""

from __future__ import annotations

import json

from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.pointwise import rerank_pointwise
from shortlist.agent.rerank.prompt import ReaderPrompt
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile

NAME = "yesno_json"
MAX_CONFIDENCE = 5
SCHEMA = {
    "type": "object",
    "properties": {
        "answer": {"enum": ["yes", "no"]},
        "confidence": {"type": "integer", "minimum": 1, "maximum": MAX_CONFIDENCE},
    },
    "required": ["answer", "confidence"],
    "additionalProperties": False,
}
MAX_TOKENS = 32


class YesNoJson:
    """Scores the head by confidence, negative for "no"."""

    def __init__(self, context: RerankContext) -> None:
        self._context = context

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """Return a permutation by signed confidence (see `Reranker` and `rerank_pointwise`)."""
        model = self._context.model
        prompt = ReaderPrompt.load(NAME, profile, wish, self._context.items, self._context.config)

        def ask(candidate: str) -> str:
            return model.complete(prompt.messages(candidate=candidate), SCHEMA, MAX_TOKENS).text

        return rerank_pointwise(self._context, ranking, NAME, ask, read_confidence)


def read_confidence(text: str) -> float | None:
    """Return the grade in `text`, from -5 (surely not) to 5 (surely); None if it is not the JSON of `SCHEMA`."""
    try:
        answer = json.loads(text)
        sign = {"yes": 1, "no": -1}[answer["answer"]]
        return sign * min(float(MAX_CONFIDENCE), max(1.0, float(answer["confidence"])))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
