"""Statistics of a data set: sizes, lengths of histories, judgements for each query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from shortlist.eval.data.dataset import DataSet


@dataclass(frozen=True, slots=True)
class Spread:
    """Smallest, median, mean and largest of some counts; all 0 if there are none."""

    least: int = 0
    median: float = 0.0
    mean: float = 0.0
    most: int = 0

    @classmethod
    def of(cls, counts: Collection[int]) -> Spread:
        """Compute the spread of `counts`."""
        values = np.asarray(counts)
        if not values.size:
            return cls()
        return cls(int(values.min()), float(np.median(values)), float(values.mean()), int(values.max()))


@dataclass(frozen=True, slots=True)
class DataSetStatistics:
    """A data set in numbers.

    `judged`, `relevant`, `history` and `candidates` are counts for each query; `candidates` is the size of the
    catalogue for a query that ranks all of it. `grades` counts the judgements by grade. `judged_candidates` is the
    share of all candidates that are judged, None if no query has candidates. `timed` is True if all queries have times.
    """

    name: str
    items: int
    items_with_category: int
    queries: int
    readers: int
    judgements: int
    grades: Mapping[int, int]
    judged: Spread
    relevant: Spread
    history: Spread
    candidates: Spread
    judged_candidates: float | None
    timed: bool
    data_hash: str
    notes: tuple[str, ...]


def describe(data: DataSet) -> DataSetStatistics:
    """Compute the statistics of `data`."""
    grades = Counter(grade for judgements in data.qrels.values() for grade in judgements.values())
    by_query = [data.qrels[query.id] for query in data.queries]
    candidates = [query.candidates for query in data.queries]
    return DataSetStatistics(
        name=data.name,
        items=len(data.items),
        items_with_category=sum(item.category is not None for item in data.items),
        queries=len(data.queries),
        readers=len({query.user_id for query in data.queries} - {None}),
        judgements=grades.total(),
        grades=dict(sorted(grades.items())),
        judged=Spread.of([len(judgements) for judgements in by_query]),
        relevant=Spread.of([sum(grade >= 1 for grade in judgements.values()) for judgements in by_query]),
        history=Spread.of([len(query.history) for query in data.queries]),
        candidates=Spread.of([len(data.items) if ids is None else len(ids) for ids in candidates]),
        judged_candidates=_judged_share(data),
        timed=all(query.at is not None for query in data.queries),
        data_hash=data.data_hash,
        notes=data.notes,
    )


def _judged_share(data: DataSet) -> float | None:
    candidates = sum(len(query.candidates or ()) for query in data.queries)
    judged = sum(item in data.qrels[query.id] for query in data.queries for item in query.candidates or ())
    return judged / candidates if candidates else None
