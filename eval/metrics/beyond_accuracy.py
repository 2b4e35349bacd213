"""Metrics of recommended lists beyond accuracy: diversity, novelty, coverage of the catalogue, concentration."""

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
    """Beyond-accuracy metrics of lists for one task.

    `vectors` returns the vectors of items by id, float32[d] each. Novelty counts the readers who chose an item in the
    task's past events.
    """

    def __init__(self, task: Task, vectors: Vectors) -> None:
        self._rows = {item.id: row for row, item in enumerate(task.data.items)}
        self._vectors = vectors
        pairs = {(event.user_id, event.item_id) for event in task.choices() if event.item_id in self._rows}
        self._n_readers = len({user for user, _ in pairs})
        self._popularity = np.bincount(self._rows_of([item for _, item in pairs]), minlength=len(self._rows))

    def scores(self, data: DataSet, rankings: Mapping[str, Ranking]) -> dict[str, Scores]:
        """Return float64[queries] by metric, NaN where a list is too short. Without past events there is no novelty."""
        lists = [rankings[query.id].ids[:K] if query.id in rankings else () for query in data.queries]
        scores = {DIVERSITY: np.array([self._diversity(ids) for ids in lists])}
        if self._n_readers:
            popularity = [self._popularity[self._rows_of(ids)] for ids in lists]
            scores[NOVELTY] = np.array([float(metrics.novelty(counts, self._n_readers)) for counts in popularity])
        return scores

    def totals(self, rankings: Mapping[str, Ranking]) -> dict[str, float]:
        """Return one number for all lists together, by metric."""
        recommended = self._rows_of([item for ranking in rankings.values() for item in ranking.ids[:K]])
        counts = np.bincount(recommended, minlength=len(self._rows))
        return {COVERAGE: metrics.coverage(recommended, len(self._rows)), GINI: metrics.gini(counts)}

    def _diversity(self, ids: Sequence[str]) -> float:
        vectors = list(self._vectors(ids).values())
        return float(metrics.intra_list_diversity(np.stack(vectors))) if len(vectors) > 1 else float("nan")

    def _rows_of(self, ids: Sequence[str]) -> npt.NDArray[np.int64]:
        return np.array([self._rows[item] for item in ids], dtype=np.int64)
