"""Fit the weights of a student on judged lists.

The loss is MarginMSE (S. Hofstaetter et al., 2020): the difference of the scores of two candidates of a list should be
the difference of the teacher's log-odds. Over all pairs of a list, that is least squares on features and log-odds that
are centred within the list. The penalty is chosen by cross-validation over items, so that wishes of one item are never
on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shortlist.learning.student.lists import JudgedList

PENALTIES = tuple(10.0**power for power in range(0, 6))
FOLDS = 5

Floats = npt.NDArray[np.float64]


def are_enough(lists: Sequence[JudgedList]) -> bool:
    """Return whether `lists` are about `FOLDS` items or more, so that weights can be fitted."""
    return len({one.group for one in lists}) >= FOLDS


def fit(lists: Sequence[JudgedList], values: Sequence[Floats], start: Floats) -> Floats:
    """Return float64[f], the weight of each feature: those of `start`, scaled, and a correction.

    The correction is what the penalty allows, so few lists change little. For lists about fewer than `FOLDS` items the
    result is `start`. `values` has for each list float64[n, f], aligned with its judged candidates.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import GroupKFold

    groups = np.repeat([one.group for one in lists], [len(one.teacher) for one in lists])
    if not are_enough(lists):
        return start
    features = np.concatenate([block - block.mean(axis=0) for block in values])
    teacher = np.concatenate([_centred(list(one.teacher.values())) for one in lists])
    scale = features.std(axis=0)
    scale[scale < 1e-9] = 1.0
    scaled = start * _factor(features @ start, teacher)
    folds = list(GroupKFold(FOLDS).split(features, teacher, groups))
    model = RidgeCV(PENALTIES, fit_intercept=False, cv=folds).fit(features / scale, teacher - features @ scaled)
    return np.asarray(scaled + model.coef_ / scale)


def _factor(scores: Floats, teacher: Floats) -> float:
    """Return the factor, at least 0, that brings `scores` nearest to the teacher's."""
    square = float(scores @ scores)
    return max(0.0, float(scores @ teacher) / square) if square else 0.0


def _centred(values: Sequence[float]) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    centred: Floats = array - array.mean()
    return centred
