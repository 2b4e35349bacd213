"""How much a language model's opinion should count, by kind of request; 0 closes the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent.blend import blend
from agent.gate import RequestKind, request_kind
from agent.ranked import Ranked
from core.config import ProfileConfig
from core.ranking import Ranking
from eval.tuning.opinions import ranked_score

WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One query: what retrieval and the model said, and what is right."""

    kind: RequestKind
    ranking: Ranking
    model: Ranking
    qrels: Mapping[str, int]
    candidates: int | None

    @classmethod
    def of(
        cls, ranked: Ranked, qrels: Mapping[str, int], candidates: int | None, profile: ProfileConfig
    ) -> Judged | None:
        """None where the model was not asked."""
        case, judged = ranked.case, ranked.verdict.judged
        if judged is None:
            return None
        return cls(request_kind(case.request, case.profile, profile), case.ranking, judged, qrels, candidates)

    def score(self, weight: float, metric: str) -> float:
        """`metric` of the blend with `weight`."""
        final = blend(self.ranking, self.model, weight)
        grades = np.array([self.qrels.get(item, 0) for item in final.ids], dtype=np.int64)
        judged = np.array(list(self.qrels.values()), dtype=np.int64)
        return ranked_score(final.scores, grades, judged, self.candidates, metric)


def best_weights(judged: Sequence[Judged], metric: str) -> dict[RequestKind, tuple[float, dict[float, float]]]:
    """By kind of request the best weight, the smallest of equals, and the mean of `metric` at every weight tried."""
    found: dict[RequestKind, tuple[float, dict[float, float]]] = {}
    for kind in sorted({one.kind for one in judged}):
        means = {weight: _mean([one.score(weight, metric) for one in judged if one.kind == kind]) for weight in WEIGHTS}
        found[kind] = (max(WEIGHTS, key=lambda weight: (round(means[weight], 6), -weight)), means)
    return found


def _mean(values: Sequence[float]) -> float:
    return float(np.nanmean(values))
