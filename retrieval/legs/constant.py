"""Scoring by a ready array, one score a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.arrays import Ints, Scores
from retrieval.filters import Allowed
from retrieval.snapshot import Snapshot
from retrieval.topk import best_first


@dataclass(frozen=True, slots=True, eq=False)
class RowScores:
    """`values`: float64[n], the score of every row."""

    values: Scores

    def at(self, rows: Ints) -> Scores:
        """float64[len(rows)]: the ready scores."""
        return self.values[rows]


def best_rows(
    snapshot: Snapshot, scorings: Sequence[RowScores], asked: Sequence[Allowed], depths: Sequence[int]
) -> list[Ints]:
    """The best `depths[i]` rows of `scorings[i]` within its mask."""
    return [
        _best(snapshot, scoring.values, limits, depth)
        for scoring, limits, depth in zip(scorings, asked, depths, strict=True)
    ]


def _best(snapshot: Snapshot, values: Scores, limits: Allowed, depth: int) -> Ints:
    if limits.mask is None:
        return best_first(values, snapshot.order, depth)
    rows = np.flatnonzero(limits.mask)
    return rows[best_first(values[rows], snapshot.order[rows], depth)]
