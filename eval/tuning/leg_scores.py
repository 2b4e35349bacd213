"""The scores of every leg for every candidate, so that weights can be tried without searching again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shortlist.core.config import Config
from shortlist.core.legs import LEGS
from shortlist.core.ranking import Ranking
from shortlist.eval.metrics import metrics
from shortlist.eval.metrics.scores import AUC, METRICS, Graded
from shortlist.retrieval.fusion import min_max

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TINY_WEIGHT = 1e-6  # the leg is searched, but does not change the ranking
DEPTH = 100


@dataclass(frozen=True, slots=True, eq=False)
class LegScores:
    """The scores of all legs for one query.

    `scores` float64[legs, n] are min-max scaled scores of n items by ascending id, 0 for items that a leg did not find.
    `grades` int64[n] are aligned with the items; `judged` int64[m] are the grades of all judged items. `candidates` is
    the number of items to rank, None for the whole catalogue.
    """

    scores: Floats
    grades: Ints
    judged: Ints
    candidates: int | None

    @classmethod
    def of(cls, ranking: Ranking, legs: Sequence[str], qrels: Mapping[str, int], candidates: int | None) -> LegScores:
        """Collect the scores from the legs of a fused ranking."""
        found = [(leg, leg.whole()) for leg in ranking.legs]
        items = sorted({item for _, whole in found for item in whole.ids})
        column = {item: number for number, item in enumerate(items)}
        scores = np.zeros((len(legs), len(items)))
        for leg, whole in found:
            if leg.origin in legs:
                columns = [column[item] for item in whole.ids]
                scores[legs.index(leg.origin), columns] = leg.confidence * min_max(whole.scores)
        grades = np.array([qrels.get(item, 0) for item in items], dtype=np.int64)
        return cls(scores, grades, np.array(list(qrels.values()), dtype=np.int64), candidates)

    def score(self, weights: Floats, metric: str) -> float:
        """Return `metric` of the ranking by `weights`, float64[legs]; NaN if it is undefined."""
        return ranked_score(weights @ self.scores, self.grades, self.judged, self.candidates, metric)


def ranked_score(scores: Floats, grades: Ints, judged: Ints, candidates: int | None, metric: str) -> float:
    """Return `metric` of n items ranked by `scores` float64[n], tied ones in the given order.

    `grades` int64[n] are aligned with `scores`, `judged` int64[m] are the grades of all judged items. For `AUC`,
    unranked candidates tie below all others.
    """
    if metric == AUC:
        unranked = (candidates or 0) - len(scores)
        below = np.full(max(0, unranked), -np.inf)
        return metrics.auc(np.append(grades, np.zeros(len(below))), np.append(scores, below))
    order = np.argsort(-scores, kind="stable")[: DEPTH if candidates is None else None]
    return float(METRICS[metric](Graded(grades[order][None], judged[None]))[0])


def with_every_leg(config: Config) -> Config:
    """Return `config` with a positive weight for every leg, so that all of them search."""
    retrieval = config.retrieval
    weights = {
        key: dict.fromkeys(LEGS, TINY_WEIGHT) | {leg: max(weight, TINY_WEIGHT) for leg, weight in by_leg.items()}
        for key, by_leg in (("weights", retrieval.weights), ("text_weights", retrieval.text_weights))
    }
    return config.model_copy(update={"retrieval": retrieval.model_copy(update=weights)})
