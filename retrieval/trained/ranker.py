"""The learned ranker: a weighted sum of features of each candidate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from shortlist.core.errors import HomeDamaged
from shortlist.retrieval.vectors.arrays import Scores


@dataclass(frozen=True, slots=True)
class Ranker:
    """A logistic regression on standardised features: the score is the sum of weight x (value - mean) / deviation.

    `depths` has the number of candidates that each leg contributes. A feature is named LEG:WHAT, and its part in a
    score counts as that of the leg. The score is the log-odds of the video being watched next, up to a constant.
    """

    features: tuple[str, ...]
    weights: tuple[float, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    depths: Mapping[str, int]

    def parts(self, values: Mapping[str, Scores]) -> dict[str, Scores]:
        """Return the part of each leg in the score of n candidates, float64[n]; `values` has each feature, [n]."""
        found: dict[str, Scores] = {}
        for name, weight, mean, deviation in zip(self.features, self.weights, self.means, self.deviations, strict=True):
            leg = name.partition(":")[0]
            part = (weight / deviation) * (values[name] - mean)
            found[leg] = found[leg] + part if leg in found else part
        return found

    def save(self, path: Path) -> None:
        """Write the ranker as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Ranker:
        """Read a ranker. Raises `HomeDamaged` if the file is not what `save` wrote."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            names, *columns = (tuple(stored[name]) for name in ("features", "weights", "means", "deviations"))
            weights, means, deviations = columns
            ranker = cls(names, weights, means, deviations, stored["depths"])
            numbers = np.array([ranker.weights, ranker.means, ranker.deviations], dtype=np.float64)
            if numbers.shape != (3, len(ranker.features)) or not np.isfinite(numbers).all():
                raise ValueError("lists of different lengths, or numbers that are not finite")
        except (OSError, ValueError, KeyError, TypeError) as error:
            remedy = "train again with `shortlist train`"
            raise HomeDamaged(f"{path} is damaged", expected="a ranker", found=str(error), remedy=remedy) from error
        return ranker
