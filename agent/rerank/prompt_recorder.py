"""The exact prompts of a rerank, recorded without a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shortlist.agent.batch import ItemBatch, RankedRequest
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.methods import make_reranker
from shortlist.core.config import STUDENT, RerankConfig
from shortlist.models.llm.language_model import ChoiceScores, Completion, Message, Schema


class PromptRecorder:
    """A language model that records its messages and gives the same answer to all of them."""

    name = "recorder"
    max_choices = 20

    def __init__(self) -> None:
        self.prompts: list[tuple[Message, ...]] = []

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """Return an empty text."""
        self.prompts.append(tuple(messages))
        return Completion("", 0, 0)

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """Return the same log-probability for every choice."""
        self.prompts.append(tuple(messages))
        return ChoiceScores(np.full(len(choices), -np.log(len(choices))), (False,) * len(choices), 0)


def record_prompts(
    method: str, ranked: RankedRequest, items: ItemBatch, config: RerankConfig
) -> list[tuple[Message, ...]]:
    """Return every prompt that `method` may send for this request, in order; a student gets none."""
    if method == STUDENT:
        return []
    recorder, whole_head = PromptRecorder(), config.model_copy(update={"top": config.depth})
    reranker = make_reranker(method, RerankContext(recorder, items, whole_head))
    reranker.rerank(ranked.profile, ranked.request.wish, ranked.ranking)
    return recorder.prompts
