"""Fit the logistic ranker: a conditional logistic regression, in which the hidden video competes with its list.

The loss of a list is -log of the softmax of the hidden video's score (D. McFadden's conditional logit), plus an L2
penalty. It is convex, so the result does not depend on a seed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from shortlist.learning.ranker.lists import TrainingLists
from shortlist.retrieval.trained.logistic_ranker import LogisticRanker

Floats = npt.NDArray[np.float64]
PENALTY = 30.0  # on the sum of squared weights of standardised features, against the sum over all lists


def fit_logistic(lists: TrainingLists) -> LogisticRanker:
    """Return the ranker of the smallest loss. Features that never differ within a list get the weight 0."""
    values = lists.features.astype(np.float64)
    means, deviations = values.mean(axis=0), values.std(axis=0)
    deviations[deviations < 1e-9] = 1.0
    scaled = (values - means) / deviations
    result = minimize(
        loss_and_gradient, np.zeros(scaled.shape[1]), args=(scaled, lists.hit, lists.group, PENALTY),
        jac=True, method="L-BFGS-B", options={"maxiter": 300},
    )  # fmt: skip
    weights = np.where(np.abs(result.x) < 1e-6, 0.0, result.x)
    kept = np.flatnonzero(weights)
    names = tuple(lists.names[at] for at in kept.tolist())
    columns = [tuple(column[kept].tolist()) for column in (weights, means, deviations)]
    return LogisticRanker(names, columns[0], columns[1], columns[2], dict(lists.depths))


def loss_and_gradient(
    weights: Floats, features: Floats, hit: npt.NDArray[np.bool_], group: npt.NDArray[np.int64], penalty: float
) -> tuple[float, Floats]:
    """Return the loss of `weights`, float64[f], and its gradient. Rows of a list, those of a `group`, are adjacent."""
    scores = features @ weights
    starts = np.flatnonzero(np.append(True, group[1:] != group[:-1])[: len(group)])
    highest = np.maximum.reduceat(scores, starts)
    odds = np.exp(scores - np.repeat(highest, np.diff(np.append(starts, len(scores)))))
    totals = np.add.reduceat(odds, starts)
    share = odds / np.repeat(totals, np.diff(np.append(starts, len(scores))))
    loss = float(np.sum(np.log(totals) + highest) - scores[hit].sum() + penalty * (weights @ weights) / 2)
    return loss, features.T @ (share - hit) + penalty * weights
