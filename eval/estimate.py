"""What the language model variants of an ablation will cost, before any of them starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.core.config import NONE, Config
from shortlist.eval.run_cache import Cost
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant

QUESTION_TOKENS = 15  # the words of a yes/no question around a candidate
ONE_CALL = ("letters", "list")  # methods that show many candidates in one prompt


@dataclass(frozen=True, slots=True)
class Estimate:
    """Upper bounds for one variant on one data set. Answers that are cached cost nothing."""

    variant: str
    data: str
    queries: int
    calls: int
    prompt_tokens: int

    def __str__(self) -> str:
        return (
            f"{self.variant} on {self.data}: {self.queries:,} queries, up to {self.calls:,} model calls, "
            f"about {self.prompt_tokens:,} prompt tokens"
        )

    def minutes(self, one_query: Cost) -> float:
        """The minutes that all queries take if each takes as long as `one_query` did."""
        return self.queries * one_query.wall_s / 60


def asks_model(variant: Variant) -> bool:
    """Whether `variant` may ask a language model."""
    return variant.peer is None and variant.method != NONE


def estimate(variant: Variant, task: Task, queries: int, config: Config) -> Estimate:
    """Calls and prompt tokens of `variant` on `queries` of the task's queries."""
    rerank = variant.configured(config).rerank
    depth = _mean([min(rerank.depth, len(q.candidates or ()) or rerank.depth) for q in task.data.queries])
    if variant.method in ONE_CALL:
        calls, tokens = 1.0, rerank.history_tokens + depth * rerank.candidate_tokens
    else:  # the reader's part of the prompt is read once and cached
        calls, tokens = depth, rerank.history_tokens + depth * (rerank.candidate_tokens + QUESTION_TOKENS)
    return Estimate(variant.name, task.data.name, queries, round(queries * calls), round(queries * tokens))


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
