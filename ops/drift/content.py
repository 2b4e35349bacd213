"""The vectors of the videos that were chosen, shown or published on a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.ops.drift.check import MIN_ROWS, Calendar, Feature
from shortlist.ops.drift.daily import ItemCounts
from shortlist.ops.drift.samples import Labels, Vectors
from shortlist.ops.drift.vectors import Cells, number_of_cells, sample_of

MAX_ROWS = 2_000  # vectors of a day; of more, so many are drawn

ADVICE = "see what arrived with `shortlist ops pipeline arrivals`; if it is meant to stay, run `shortlist train all`"

VectorsOf = Callable[[Sequence[str]], Mapping[str, FloatArray]]
TitlesOf = Callable[[Sequence[str]], Mapping[str, str]]


def vector_features(
    name: str, counts: ItemCounts, vectors_of: VectorsOf, titles_of: TitlesOf, calendar: Calendar
) -> list[Feature]:
    """Return two features of videos: shares of cells, and the vectors for MMD.

    `counts` has the number of rows of each video by day. A cell is named by the title of the video next to its centre.
    Videos without a vector are left out.
    """
    ids = sorted({item_id for day in calendar.days for item_id in counts.get(day, ())})
    found = vectors_of(ids)
    rows = {day: drawn(counts.get(day, {}), found, seed) for seed, day in enumerate(calendar.days)}
    by_day = {day: np.stack([found[item_id] for item_id in items]) for day, items in rows.items() if items}
    return [
        Feature(Labels(f"{name}: cells", _cells(by_day, found, titles_of, calendar)), ADVICE, retrain=True),
        Feature(Vectors(f"{name}: MMD", by_day), ADVICE, retrain=True),
    ]


def drawn(counts: Mapping[str, int], known: Mapping[str, object], seed: int) -> list[str]:
    """Return each id of `known` as often as it is counted; of more than `MAX_ROWS`, so many drawn at random."""
    items = [item_id for item_id in sorted(counts) if item_id in known for _ in range(counts[item_id])]
    if len(items) <= MAX_ROWS:
        return items
    chosen = np.random.default_rng(seed).permutation(len(items))[:MAX_ROWS]
    return [items[at] for at in chosen]


def _cells(
    by_day: Mapping[date, FloatArray], found: Mapping[str, FloatArray], titles_of: TitlesOf, calendar: Calendar
) -> dict[date, Mapping[str, int]]:
    reference = [by_day[day] for day in calendar.reference if len(by_day.get(day, ())) >= MIN_ROWS]
    if not reference:
        return {day: {"": len(vectors)} for day, vectors in by_day.items()}
    sizes = np.array([len(one) for one in reference], dtype=np.float64)
    cells = Cells(sample_of(reference), number_of_cells(sizes))
    ids = list(found)
    central = [ids[at] for at in (np.stack(list(found.values())) @ cells.centroids.T).argmax(0)]
    titles = titles_of(central)
    names = [f"cell {cell} (like “{titles.get(item_id, item_id)}”)" for cell, item_id in enumerate(central)]
    return {day: Counter(names[cell] for cell in cells.of(vectors)) for day, vectors in by_day.items()}
