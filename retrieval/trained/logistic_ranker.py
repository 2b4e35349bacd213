"""The logistic ranker: a weighted sum of features of each candidate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from shortlist.core.errors import HomeDamaged
from shortlist.retrieval.trained.ranker import NAME, REMEDY, by_leg
from shortlist.retrieval.vectors.arrays import Scores


@dataclass(frozen=True, slots=True)
class LogisticRanker:
    """A logistic regression on standardised features: the score is the sum of weight x (value - mean) / deviation.

    `depths` has the number of candidates that each leg contributes. The score is the log-odds of the video being
    watched next, up to a constant.
    """

    kind: ClassVar[str] = "logistic"
    features: tuple[str, ...]
    weights: tuple[float, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    depths: Mapping[str, int]

    def parts(self, values: Mapping[str, Scores]) -> dict[str, Scores]:
        """See `Ranker`."""
        rows = zip(self.features, self.weights, self.means, self.deviations, strict=True)
        return by_leg({name: (weight / spread) * (values[name] - mean) for name, weight, mean, spread in rows})

    def save(self, folder: Path) -> None:
        """See `Ranker`. The file is JSON."""
        (folder / NAME).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> LogisticRanker:
        """Read the ranker in `folder`. Raises `HomeDamaged` if the file is not what `save` wrote."""
        try:
            stored = json.loads((folder / NAME).read_text(encoding="utf-8"))
            names, *columns = (tuple(stored[name]) for name in ("features", "weights", "means", "deviations"))
            weights, means, deviations = columns
            ranker = cls(names, weights, means, deviations, stored["depths"])
            numbers = np.array([ranker.weights, ranker.means, ranker.deviations], dtype=np.float64)
            if numbers.shape != (3, len(ranker.features)) or not np.isfinite(numbers).all():
                raise ValueError("lists of different lengths, or numbers that are not finite")
        except (OSError, ValueError, KeyError, TypeError) as error:
            what = f"{folder / NAME} is damaged"
            raise HomeDamaged(what, expected="a ranker", found=str(error), remedy=REMEDY) from error
        return ranker
