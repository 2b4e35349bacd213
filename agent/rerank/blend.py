"""Blend of the scores of retrieval and of the model: final = (1 - w) x retrieval + w x min(model, retrieval + c).

Both are z-scores within one query. The retrieval scores are scaled over the whole head, so that the scale does not
depend on where the model stopped; the model's scores are scaled over the candidates that it judged. Min-max scaling
lets the single best and worst score set the scale, and the log-odds of small models have such outliers; with z-scores
the measured gain was flat over a wide range of w.

The model may lower a candidate without limit, but lift it only c = `max_lift` above its retrieval score, because a
text that lies to the model is lifted too. docs/security.md has the figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shortlist.core.config import RerankConfig
from shortlist.core.ranking import Ranking

Scores = npt.NDArray[np.float64]

RERANK = "rerank"  # the model's contribution to a blend
MIN_SPREAD = 1e-6  # a smaller standard deviation is rounding
ORDER_STEP = 1e-6  # of the model's score counts above the limit: it orders what retrieval scores alike
TIE_STEP = 1e-9  # keeps equal scores in retrieval order; far below any real difference


def blend(ranking: Ranking, model_ranking: Ranking, weight: float, config: RerankConfig) -> Ranking:
    """Return `ranking` with its head reordered by `model_ranking`, which scores some of its first `config.depth` ids.

    `weight` is in [0, 1]. The head ends at the last id that the model scored, and stays above the tail. Ids in the head
    without a model score get the mean of the others; the tail keeps its order. `sources` of the result are
    `model_ranking` and `ranking`; its `contributions` are those of `ranking` in the unit of the blend, and the model's
    as `RERANK`.
    """
    model_scores = dict(zip(model_ranking.ids, model_ranking.scores.tolist(), strict=True))
    places = [place for place, item in enumerate(ranking.ids) if item in model_scores]
    size = places[-1] + 1 if places else 0
    rest = len(ranking) - size
    retrieval = standardise(ranking.scores[: config.depth])[:size]
    model = limit(_standardised_model(ranking.ids[:size], model_scores), retrieval, config.max_lift)
    head = (1 - weight) * retrieval + weight * model - TIE_STEP * np.arange(size)
    scores = np.concatenate([head, _tail_scores(ranking, head)])
    unit = np.append(np.full(size, (1 - weight) * _inverse_spread(ranking.scores[: config.depth])), np.ones(rest))
    contributions = {name: unit * values for name, values in ranking.contributions.items()}
    contributions[RERANK] = np.append(weight * model, np.zeros(rest))
    order = np.lexsort((np.arange(len(ranking)), -scores))
    return Ranking(
        tuple(ranking.ids[place] for place in order),
        scores[order],
        "blend",
        (model_ranking, ranking),
        ranking.notes,
        {name: values[order] for name, values in contributions.items()},
    )


def limit(model: Scores, retrieval: Scores, max_lift: float) -> Scores:
    """Return the model's z-scores, none more than `max_lift` above that of retrieval. Both are float64[n]."""
    limited: Scores = np.minimum(model, retrieval + max_lift + ORDER_STEP * model)
    return limited


def standardise(values: Scores) -> Scores:
    """Return the z-scores of float64[n]; all 0 where the values do not differ."""
    return (values - values.mean()) * _inverse_spread(values) if len(values) else values


def _inverse_spread(values: Scores) -> float:
    """Return 1 / the standard deviation of float64[n]; 0 where the values do not differ."""
    spread = float(values.std()) if len(values) else 0.0
    return 1 / spread if spread > MIN_SPREAD else 0.0


def _standardised_model(ids: Sequence[str], model_scores: Mapping[str, float]) -> Scores:
    mean = float(np.mean(list(model_scores.values()))) if model_scores else 0.0
    return standardise(np.array([model_scores.get(item, mean) for item in ids], dtype=np.float64))


def _tail_scores(ranking: Ranking, head: Scores) -> Scores:
    """Return scores below the head's lowest that fall as the retrieval scores do."""
    size = len(head)
    if not size:
        return ranking.scores
    drops = ranking.scores[size - 1] - ranking.scores[size:]
    below: Scores = head.min() - drops - TIE_STEP * np.arange(1, len(drops) + 1)
    return below
