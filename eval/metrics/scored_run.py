"""The scores of a finished run by metric and query, their means, and the document of `eval run --json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shortlist.eval.finished_run import FinishedRun
from shortlist.eval.metrics.beyond_accuracy import BeyondAccuracy
from shortlist.eval.metrics.metrics import Scores
from shortlist.eval.metrics.scores import AUC, score
from shortlist.eval.tasks.task import Task

# The primary metric by kind of data.
PRIMARY = {
    "beir": "nDCG@10", "trec": "nDCG@10", "mind": AUC, "watches": "HR@10", "events": "nDCG@10", "simulated": "nDCG@10"
}  # fmt: skip
DECIMALS = 6


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRun:
    """A finished run and its scores.

    `scores` holds float64[queries] by metric, aligned with the task's queries. `totals` are metrics of all lists
    together.
    """

    task: Task
    finished: FinishedRun
    scores: Mapping[str, Scores]
    totals: Mapping[str, float]

    @property
    def name(self) -> str:
        """Name of the variant."""
        return self.finished.variant.name

    @property
    def primary(self) -> str:
        """Name of the primary metric."""
        return PRIMARY[self.task.data.kind]

    @property
    def means(self) -> dict[str, float]:
        """Every metric as one number: the mean over the queries where it is defined. Metrics without one are absent."""
        defined = {name: values[~np.isnan(values)] for name, values in self.scores.items()}
        return {name: float(values.mean()) for name, values in defined.items() if values.size} | dict(self.totals)


def score_run(task: Task, finished: FinishedRun, beyond_accuracy: BeyondAccuracy) -> ScoredRun:
    """Score `finished` by the relevance judgements of `task`. A failed query scores 0."""
    rankings = finished.run.rankings
    scores = score(task.data, rankings) | beyond_accuracy.scores(task.data, rankings)
    return ScoredRun(task, finished, scores, beyond_accuracy.totals(rankings))


def run_document(scored_run: ScoredRun) -> dict[str, Any]:
    """Return the document of `eval run --json`."""
    return {
        "data": scored_run.task.data.name,
        "variant": scored_run.name,
        "queries": len(scored_run.task.data.queries),
        "metrics": {name: round(value, DECIMALS) for name, value in scored_run.means.items()},
        "seconds": round(scored_run.finished.cost.wall_s, 3),
        "hashes": scored_run.finished.hashes,
    }
