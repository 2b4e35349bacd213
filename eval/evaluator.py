"""Measure variants on one task."""

from __future__ import annotations

from functools import cached_property, partial

from shortlist.core.config import Config
from shortlist.core.progress import Bars, no_bars
from shortlist.eval.factories import Factories
from shortlist.eval.metrics.beyond_accuracy import BeyondAccuracy
from shortlist.eval.metrics.scored_run import ScoredRun, score_run
from shortlist.eval.run import run_variant
from shortlist.eval.tasks.home import open_task_home
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant
from shortlist.retrieval.index.indexer import load_snapshot


class Evaluator:
    """Runs variants on one task, and scores the runs by the same metrics."""

    def __init__(self, task: Task, config: Config, factories: Factories, bars: Bars = no_bars) -> None:
        self.task = task
        self._config = config
        self._factories = factories
        self._bars = bars

    def measure(self, variant: Variant, queries: int | None = None) -> ScoredRun:
        """Run `variant` on the task, or on a sample of `queries` queries, and score it. Finished runs are cached.

        Raises as `run_variant`.
        """
        task = self.task if queries is None else self.task.sampled(queries, self._config.eval.seed)
        return score_run(
            task, run_variant(task, variant, self._config, self._factories, self._bars), self._beyond_accuracy
        )

    @cached_property
    def _beyond_accuracy(self) -> BeyondAccuracy:
        # The default variant's vectors measure the lists of every variant, so that their diversity can be compared.
        default, encoder = Variant(name="default"), self._factories.encoder(self._config)
        with open_task_home(self.task, default, self._config, encoder, self._bars) as home:
            snapshot = load_snapshot(home, self._config.retrieval)
        return BeyondAccuracy(self.task, partial(snapshot.vectors_of, "video"))
