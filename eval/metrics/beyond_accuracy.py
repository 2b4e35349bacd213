"""What the recommended lists are like beside being right: how varied, how novel, how much of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shortlist.core.ranking import FloatArray, Ranking
from shortlist.eval.data.dataset import DataSet
from shortlist.eval.metrics import metrics
from shortlist.eval.metrics.metrics import Scores
from shortlist.eval.tasks.task import Task

K = 10
DIVERSITY, NOVELTY = f"ILD@{K}", f"Novelty@{K}"
COVERAGE, GINI = f"Coverage@{K}", f"Gini@{K}"

Vectors = Callable[[Sequence[str]], Mapping[str, FloatArray]]


class BeyondAccuracy:
    """What lists of one task are compared with: the vectors of its items and how many readers chose each before."""

    def __init__(self, task: Task, vectors: Vectors) -> None:
        self._rows = {item.id: row for row, item in enumerate(task.data.items)}
        self._vectors = vectors
        pairs = {(event.user_id, event.item_id) for event in task.choices() if event.item_id in self._rows}
        self._readers = len({user for user, _ in pairs})
        self._choosers = np.bincount(self._of([item for _, item in pairs]), minlength=len(self._rows))

    def scores(self, data: DataSet, rankings: Mapping[str, Ranking]) -> dict[str, Scores]:
        """float64[queries] by metric, NaN where a list is too short; novelty only where readers did something."""
        lists = [rankings[query.id].ids[:K] if query.id in rankings else () for query in data.queries]
        found = {DIVERSITY: np.array([self._diversity(ids) for ids in lists])}
        if self._readers:
            choosers = [self._choosers[self._of(ids)] for ids in lists]
            found[NOVELTY] = np.array([float(metrics.novelty(counts, self._readers)) for counts in choosers])
        return found

    def totals(self, rankings: Mapping[str, Ranking]) -> dict[str, float]:
        """One number for all lists together, by metric."""
        shown = self._of([item for ranking in rankings.values() for item in ranking.ids[:K]])
        counts = np.bincount(shown, minlength=len(self._rows))
        return {COVERAGE: metrics.coverage(shown, len(self._rows)), GINI: metrics.gini(counts)}

    def _diversity(self, ids: Sequence[str]) -> float:
        vectors = list(self._vectors(ids).values())
        return float(metrics.intra_list_diversity(np.stack(vectors))) if len(vectors) > 1 else float("nan")

    def _of(self, ids: Sequence[str]) -> npt.NDArray[np.int64]:
        return np.array([self._rows[item] for item in ids], dtype=np.int64)
