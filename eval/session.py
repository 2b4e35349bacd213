"""One data set under evaluation: its task, and what every variant of it is judged with."""

from __future__ import annotations

from functools import cached_property, partial

from shortlist.core.config import Config
from shortlist.eval.factories import Factories
from shortlist.eval.metrics.beyond_accuracy import BeyondAccuracy
from shortlist.eval.metrics.outcome import Outcome, outcome_of
from shortlist.eval.progress import Bars, no_bars
from shortlist.eval.run import run_variant
from shortlist.eval.tasks.home import open_task_home
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant
from shortlist.retrieval.index.indexer import load_snapshot


class Session:
    """Measures variants on one task."""

    def __init__(self, task: Task, config: Config, parts: Factories, bars: Bars = no_bars) -> None:
        self.task = task
        self._config = config
        self._parts = parts
        self._bars = bars

    def measure(self, variant: Variant, queries: int | None = None) -> Outcome:
        """`variant` on the task, or on so many of its `queries`; run, or read from what was run before.

        Raises as `run_variant`.
        """
        task = self.task if queries is None else self.task.sampled(queries, self._config.eval.seed)
        return outcome_of(task, run_variant(task, variant, self._config, self._parts, self._bars), self._shelves)

    @cached_property
    def _shelves(self) -> BeyondAccuracy:
        # The vectors of the plain home, whatever a variant does: all lists are measured with one rule.
        plain, encoder = Variant(name="default"), self._parts.encoder(self._config)
        with open_task_home(self.task, plain, self._config, encoder, self._bars) as home:
            snapshot = load_snapshot(home, self._config.retrieval)
        return BeyondAccuracy(self.task, partial(snapshot.vectors_of, "video"))
