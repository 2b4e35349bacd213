"""Scores that are 0 for all but a few rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shortlist.retrieval.arrays import Ints, Scores


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The `rows`, ascending, that match the query, and their `values`, float64; all others score 0."""

    rows: Ints
    values: Scores

    def at(self, rows: Ints) -> Scores:
        """float64[len(rows)]: the values of `rows`."""
        if not len(self.rows):
            return np.zeros(len(rows))
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.values[places], 0.0)
