"""Choose the weight of the language model's scores by kind of request; with weight 0, the model is not called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.agent.recommend import RerankedRequest
from shortlist.agent.rerank.blend import blend
from shortlist.agent.rerank.policy import RequestKind, request_kind
from shortlist.core.config import Config, RerankConfig
from shortlist.core.ranking import Ranking
from shortlist.eval.stats.significance import Comparison, compare
from shortlist.eval.tuning.coordinate_search import MIN_QUERIES, gains
from shortlist.eval.tuning.leg_scores import Floats, ranked_score

WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))
# Standard errors by which a weight above 0 must improve the metric, because it costs model calls for every request.
MIN_GAIN_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class Blend:
    """The weight for one kind of request, chosen on `queries` tuning queries; None if those are too few.

    `means` holds the mean metric on them by weight. `against` compares the weight with 0 on the held-out queries of
    this kind, None if there are none.
    """

    weight: float | None
    queries: int
    means: dict[float, float]
    against: Comparison | None


@dataclass(frozen=True, slots=True, eq=False)
class RerankedQuery:
    """The rankings of one query by retrieval and by the model, and its judgements.

    `model` ranks at most the first `config.depth` items of `ranking`. `candidates` is the number of items to rank,
    None for the whole catalogue.
    """

    kind: RequestKind
    ranking: Ranking
    model: Ranking
    config: RerankConfig
    qrels: Mapping[str, int]
    candidates: int | None

    @classmethod
    def of(
        cls, reranked: RerankedRequest, qrels: Mapping[str, int], candidates: int | None, config: Config
    ) -> RerankedQuery | None:
        """Take the rankings from a reranked request; None if the model was not called."""
        ranked, model = reranked.ranked, reranked.result.model_ranking
        if model is None:
            return None
        kind = request_kind(ranked.request, ranked.profile, config.profile)
        return cls(kind, ranked.ranking, model, config.rerank, qrels, candidates)

    def score(self, weight: float, metric: str) -> float:
        """Return `metric` of the blend with `weight`."""
        final = blend(self.ranking, self.model, weight, self.config)
        grades = np.array([self.qrels.get(item, 0) for item in final.ids], dtype=np.int64)
        judged = np.array(list(self.qrels.values()), dtype=np.int64)
        return ranked_score(final.scores, grades, judged, self.candidates, metric)


def choose_blends(
    tuning: Sequence[RerankedQuery], held_out: Sequence[RerankedQuery], metric: str, seed: int
) -> dict[RequestKind, Blend]:
    """Choose the best weight on `tuning` by kind of request, and compare it with 0 on `held_out`.

    The smallest weight wins a tie. The weight is 0 if the best gains no more than `MIN_GAIN_ERRORS` standard errors.
    """
    kinds = sorted({query.kind for query in (*tuning, *held_out)})
    return {
        kind: _choose_blend(
            [query for query in tuning if query.kind == kind],
            [query for query in held_out if query.kind == kind],
            metric,
            seed,
        )
        for kind in kinds
    }


def _choose_blend(tuning: Sequence[RerankedQuery], held_out: Sequence[RerankedQuery], metric: str, seed: int) -> Blend:
    if len(tuning) < MIN_QUERIES:
        return Blend(None, len(tuning), {}, None)
    scores = {weight: _scores(tuning, weight, metric) for weight in WEIGHTS}
    means = {weight: float(np.nanmean(values)) for weight, values in scores.items()}
    best = max(WEIGHTS, key=lambda weight: (round(means[weight], 6), -weight))
    weight = best if gains(scores[best] - scores[0.0], MIN_GAIN_ERRORS) else 0.0
    against = compare(_scores(held_out, weight, metric), _scores(held_out, 0.0, metric), seed) if held_out else None
    return Blend(weight, len(tuning), means, against)


def _scores(queries: Sequence[RerankedQuery], weight: float, metric: str) -> Floats:
    return np.array([query.score(weight, metric) for query in queries], dtype=np.float64)
