"""Agreement of videos with a reader's own objective."""

from __future__ import annotations

import numpy as np

from shortlist.core.types import Objective
from shortlist.retrieval.filters import has_label
from shortlist.retrieval.index.columns import Columns, Labels
from shortlist.retrieval.vectors.arrays import Bools, Ints, Scores

OBJECTIVE = "objective"  # the name of its stage
STRENGTH = 0.3  # of the best score: what full agreement adds to a score, and full disagreement takes


def agreement(columns: Columns, rows: Ints, objective: Objective) -> Scores:
    """Return float64[len(rows)], from -1 to 1: the amounts of the category and the channel of each of `rows`, summed.

    A video that is longer than the objective's length loses the share by which it is longer, at most 1. Unknown lengths
    lose nothing.
    """
    found = _amounts(columns.category, objective.categories, rows) + _amounts(columns.channel, objective.channels, rows)
    if objective.length_s:
        found -= np.nan_to_num(columns.duration_s[rows] / objective.length_s - 1, nan=0.0).clip(0, 1)
    return np.asarray(found.clip(-1, 1), dtype=np.float64)


def wanted_rows(columns: Columns, objective: Objective) -> Bools | None:
    """Return bool[n]: the rows of categories and channels that the reader wants more of; None if there are no such."""
    masks = [
        has_label(labels, name)
        for labels, pairs in ((columns.category, objective.categories), (columns.channel, objective.channels))
        for name, amount in pairs
        if amount > 0
    ]
    return np.logical_or.reduce(masks) if masks else None


def _amounts(labels: Labels, pairs: tuple[tuple[str, float], ...], rows: Ints) -> Scores:
    amounts = {name.casefold(): amount for name, amount in pairs}
    return labels.by_code({name: amounts.get(name.casefold(), 0.0) for name in labels.names})[labels.codes[rows]]
