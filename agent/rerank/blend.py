"""Joins the model's judgement with the retrieval score: final = (1 - w) x retrieval + w x model.

Both are z-scores within one query: the retrieval scores over the head that may be judged, so that the scale does not
depend on where the judging stopped, and the model's over what it judged. Min-max was the other candidate; it lets the
single best and worst log-odds set the scale, and log-odds of small models have such outliers, while z-scores kept the
gain on topics flat over a wide range of w.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shortlist.core.ranking import Ranking

Scores = npt.NDArray[np.float64]

FLAT = 1e-6  # a spread below this is rounding, not an opinion
STEP = 1e-9  # keeps equals in retrieval order, and far below any difference of opinion


def blend(ranking: Ranking, judged: Ranking, weight: float, depth: int) -> Ranking:
    """`ranking` with its head reordered by `judged`, scores of any unit over some of its first `depth` ids.

    `weight` is in [0, 1]. The head reaches down to the last judged id and stays above the tail. An id in it that was
    not judged gets the model's mean opinion; the tail keeps its order. `sources` of the result are `judged` and
    `ranking`.
    """
    opinions = dict(zip(judged.ids, judged.scores.tolist(), strict=True))
    places = [place for place, item in enumerate(ranking.ids) if item in opinions]
    size = places[-1] + 1 if places else 0
    retrieval = standardised(ranking.scores[:depth])[:size]
    scores = np.concatenate([_head(retrieval, ranking.ids[:size], opinions, weight), np.zeros(len(ranking) - size)])
    scores[size:] = _tail(ranking, scores[:size])
    order = np.lexsort((np.arange(len(ranking)), -scores))
    ids = tuple(ranking.ids[place] for place in order)
    return Ranking(ids, scores[order], "blend", (judged, ranking), ranking.notes)


def standardised(values: Scores) -> Scores:
    """Z-scores of float64[n]; all 0 where the values do not differ."""
    spread = float(values.std()) if len(values) else 0.0
    centred = values - values.mean() if len(values) else values
    return centred / spread if spread > FLAT else np.zeros_like(values)


def _head(retrieval: Scores, ids: Sequence[str], opinions: Mapping[str, float], weight: float) -> Scores:
    mean = float(np.mean(list(opinions.values()))) if opinions else 0.0
    model = np.array([opinions.get(item, mean) for item in ids], dtype=np.float64)
    mixed: Scores = (1 - weight) * retrieval + weight * standardised(model)
    return mixed - STEP * np.arange(len(ids))


def _tail(ranking: Ranking, head: Scores) -> Scores:
    """Scores below the head's lowest, falling as the retrieval scores do."""
    size = len(head)
    if not size:
        return ranking.scores
    falls = ranking.scores[size - 1] - ranking.scores[size:]
    below: Scores = head.min() - falls - STEP * np.arange(1, len(falls) + 1)
    return below
