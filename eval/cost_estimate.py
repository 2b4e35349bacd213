"""Estimate the cost of the variants with a language model before any of them starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.core.config import NONE, STUDENT, Config
from shortlist.eval.finished_run import Cost
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant

QUESTION_TOKENS = 15  # of a yes/no question, without the candidate's text
ONE_CALL_METHODS = ("letters", "list")  # these show many candidates in one prompt


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Upper bounds for one variant on one data set. Cached answers cost nothing."""

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
        """Return the minutes for all queries if each takes as long as `one_query`."""
        return self.queries * one_query.wall_s / 60


def calls_model(variant: Variant) -> bool:
    """Return whether `variant` may call a language model."""
    return variant.peer is None and variant.method not in (NONE, STUDENT)


def estimate_cost(variant: Variant, task: Task, queries: int, config: Config) -> CostEstimate:
    """Estimate the calls and prompt tokens of `variant` on `queries` of the task's queries."""
    rerank = variant.apply_to(config).rerank
    depth = _mean([min(rerank.depth, len(q.candidates or ()) or rerank.depth) for q in task.data.queries])
    if variant.method in ONE_CALL_METHODS:
        calls, tokens = 1.0, rerank.history_tokens + depth * rerank.candidate_tokens
    else:  # the prompt's prefix, which describes the reader, is evaluated once and cached
        calls, tokens = depth, rerank.history_tokens + depth * (rerank.candidate_tokens + QUESTION_TOKENS)
    return CostEstimate(variant.name, task.data.name, queries, round(queries * calls), round(queries * tokens))


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
