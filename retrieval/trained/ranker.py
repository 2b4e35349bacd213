"""The seam of learned rankers: they score candidates by features, as a sum with one part for each leg."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Protocol

from shortlist.retrieval.vectors.arrays import Scores

NAME = "ranker.json"
REMEDY = "train again with `shortlist train all`"


class Ranker(Protocol):
    """A ranker over the features of candidates. A feature is named LEG:WHAT, and its part counts as that of the leg."""

    kind: ClassVar[str]

    @property
    def depths(self) -> Mapping[str, int]:
        """The number of candidates that each leg contributes."""
        ...

    def parts(self, values: Mapping[str, Scores]) -> dict[str, Scores]:
        """Return the part of each leg in the score of n candidates, float64[n]; `values` has each feature, [n].

        The score of a candidate is the sum of its parts. Only differences within a list mean something.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write the ranker into `folder`."""
        ...


def by_leg(parts: Mapping[str, Scores]) -> dict[str, Scores]:
    """Return the sum of the parts of each leg's features, by leg; `parts` has the part of each feature."""
    found: dict[str, Scores] = {}
    for name, part in parts.items():
        leg = name.partition(":")[0]
        found[leg] = found[leg] + part if leg in found else part
    return found
