"""How much a language model's opinion should count, by kind of request; 0 closes the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.agent.recommend import RerankedRequest
from shortlist.agent.rerank.blend import blend
from shortlist.agent.rerank.policy import RequestKind, request_kind
from shortlist.core.config import Config
from shortlist.core.ranking import Ranking
from shortlist.eval.stats.significance import Comparison, compare
from shortlist.eval.tuning.leg_scores import Floats, ranked_score
from shortlist.eval.tuning.search import FEWEST, gains

WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))
ERRORS = 2.0  # standard errors that the best of all weights has to gain: each costs the calls of the gate it opens


@dataclass(frozen=True, slots=True)
class Blend:
    """The weight for one kind of request; None where fewer than `FEWEST` of the `queries` that choose were of it.

    `means` holds the metric at every weight, on those; `against` compares the weight with 0 on the queries that judge,
    where one is of the kind.
    """

    weight: float | None
    queries: int
    means: dict[float, float]
    against: Comparison | None


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One query: what retrieval and the model said, the latter of no more than `depth`, and what is right."""

    kind: RequestKind
    ranking: Ranking
    model: Ranking
    depth: int
    qrels: Mapping[str, int]
    candidates: int | None

    @classmethod
    def of(
        cls, reranked: RerankedRequest, qrels: Mapping[str, int], candidates: int | None, config: Config
    ) -> Judged | None:
        """None where the model was not asked."""
        ranked, model = reranked.ranked, reranked.result.model_ranking
        if model is None:
            return None
        kind = request_kind(ranked.request, ranked.profile, config.profile)
        return cls(kind, ranked.ranking, model, config.rerank.depth, qrels, candidates)

    def score(self, weight: float, metric: str) -> float:
        """`metric` of the blend with `weight`."""
        final = blend(self.ranking, self.model, weight, self.depth)
        grades = np.array([self.qrels.get(item, 0) for item in final.ids], dtype=np.int64)
        judged = np.array(list(self.qrels.values()), dtype=np.int64)
        return ranked_score(final.scores, grades, judged, self.candidates, metric)


def blends(choosing: Sequence[Judged], judging: Sequence[Judged], metric: str, seed: int) -> dict[RequestKind, Blend]:
    """By kind of request the best weight on `choosing`, the smallest of equals, and what it is worth on `judging`.

    It is 0 where the best gains no more than `ERRORS` standard errors.
    """
    kinds = sorted({one.kind for one in (*choosing, *judging)})
    return {
        kind: _blend(
            [one for one in choosing if one.kind == kind], [one for one in judging if one.kind == kind], metric, seed
        )
        for kind in kinds
    }


def _blend(choosing: Sequence[Judged], judging: Sequence[Judged], metric: str, seed: int) -> Blend:
    if len(choosing) < FEWEST:
        return Blend(None, len(choosing), {}, None)
    scores = {weight: _scores(choosing, weight, metric) for weight in WEIGHTS}
    means = {weight: float(np.nanmean(found)) for weight, found in scores.items()}
    best = max(WEIGHTS, key=lambda weight: (round(means[weight], 6), -weight))
    weight = best if gains(scores[best] - scores[0.0], ERRORS) else 0.0
    against = compare(_scores(judging, weight, metric), _scores(judging, 0.0, metric), seed) if judging else None
    return Blend(weight, len(choosing), means, against)


def _scores(judged: Sequence[Judged], weight: float, metric: str) -> Floats:
    return np.array([one.score(weight, metric) for one in judged], dtype=np.float64)
