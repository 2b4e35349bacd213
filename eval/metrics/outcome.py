"""A finished run, judged: one number per metric and query, their means, and the document of `eval run --json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shortlist.eval.metrics.beyond_accuracy import BeyondAccuracy
from shortlist.eval.metrics.metrics import Scores
from shortlist.eval.metrics.scores import AUC, score
from shortlist.eval.run_cache import RunCache
from shortlist.eval.tasks.task import Task

# The metric that decides, by kind of data.
PRIMARY = {
    "beir": "nDCG@10", "trec": "nDCG@10", "mind": AUC, "watches": "HR@10", "events": "nDCG@10", "simulated": "nDCG@10"
}  # fmt: skip
DECIMALS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """`scores`: float64[queries] by metric, aligned with the task's queries; `totals`: one number for all lists."""

    task: Task
    finished: RunCache
    scores: Mapping[str, Scores]
    totals: Mapping[str, float]

    @property
    def name(self) -> str:
        """The name of the variant."""
        return self.finished.variant.name

    @property
    def primary(self) -> str:
        """The metric that decides."""
        return PRIMARY[self.task.data.kind]

    @property
    def means(self) -> dict[str, float]:
        """Every metric as one number: the mean over queries for which it is defined; absent where it is for none."""
        defined = {name: values[~np.isnan(values)] for name, values in self.scores.items()}
        return {name: float(values.mean()) for name, values in defined.items() if values.size} | dict(self.totals)


def outcome_of(task: Task, finished: RunCache, shelves: BeyondAccuracy) -> Outcome:
    """`finished` judged by the relevance judgements of `task`. A failed query scores 0."""
    rankings = finished.run.rankings
    scores = score(task.data, rankings) | shelves.scores(task.data, rankings)
    return Outcome(task, finished, scores, shelves.totals(rankings))


def run_document(outcome: Outcome) -> dict[str, Any]:
    """The document of `eval run --json`."""
    return {
        "data": outcome.task.data.name,
        "variant": outcome.name,
        "queries": len(outcome.task.data.queries),
        "metrics": {name: round(value, DECIMALS) for name, value in outcome.means.items()},
        "seconds": round(outcome.finished.cost.wall_s, 3),
        "hashes": outcome.finished.hashes,
    }
