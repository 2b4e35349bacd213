"""What every leg thinks of every candidate, collected once: any weights can then be tried without searching again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shortlist.core.config import LEGS, Config
from shortlist.core.ranking import Ranking
from shortlist.eval.metrics import metrics
from shortlist.eval.metrics.scores import AUC, METRICS, Graded
from shortlist.retrieval.hybrid import min_max

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ASKED = 1e-6  # so small a weight decides nothing, and the leg is still asked
DEPTH = 100


@dataclass(frozen=True, slots=True, eq=False)
class LegScores:
    """One query: `shares` float64[legs, n] are the legs' min-max scores of n rows by ascending id, 0 of a silent leg.

    `grades` int64[n] are aligned with the rows, `judged` int64[m] are those of all judged items; `candidates` is how
    many items were to be ranked, None for the whole catalogue.
    """

    shares: Floats
    grades: Ints
    judged: Ints
    candidates: int | None

    @classmethod
    def of(cls, ranking: Ranking, legs: Sequence[str], qrels: Mapping[str, int], candidates: int | None) -> LegScores:
        """The opinions in the sources of a fused ranking."""
        rows = sorted({item for source in ranking.sources for item in source.ids})
        place = {item: at for at, item in enumerate(rows)}
        shares = np.zeros((len(legs), len(rows)))
        for source in ranking.sources:
            if source.origin in legs:
                places = [place[item] for item in source.ids]
                shares[legs.index(source.origin), places] = min_max(source.scores)
        grades = np.array([qrels.get(item, 0) for item in rows], dtype=np.int64)
        return cls(shares, grades, np.array(list(qrels.values()), dtype=np.int64), candidates)

    def score(self, weights: Floats, metric: str) -> float:
        """`metric` of the ranking by `weights`, float64[legs]; NaN where it is undefined."""
        return ranked_score(weights @ self.shares, self.grades, self.judged, self.candidates, metric)


def ranked_score(scores: Floats, grades: Ints, judged: Ints, candidates: int | None, metric: str) -> float:
    """`metric` of rows with `scores` float64[n], ties by row. `AUC` counts unranked candidates as tied below all."""
    if metric == AUC:
        unranked = (candidates or 0) - len(scores)
        below = np.full(max(0, unranked), -np.inf)
        return metrics.auc(np.append(grades, np.zeros(len(below))), np.append(scores, below))
    order = np.argsort(-scores, kind="stable")[: DEPTH if candidates is None else None]
    return float(METRICS[metric](Graded(grades[order][None], judged[None]))[0])


def all_asked(config: Config) -> Config:
    """`config` with every leg asked."""
    weights = {
        key: dict.fromkeys(LEGS, ASKED) | {leg: max(weight, ASKED) for leg, weight in found.items()}
        for key, found in (("weights", config.retrieval.weights), ("text_weights", config.retrieval.text_weights))
    }
    return config.model_copy(update={"retrieval": config.retrieval.model_copy(update=weights)})
