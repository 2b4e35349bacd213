"""What is in a data set: counts, history lengths, how deep the judgements go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from shortlist.eval.data.dataset import DataSet


@dataclass(frozen=True, slots=True)
class Spread:
    """Smallest, median, mean and largest of some counts; all 0 for none."""

    least: int = 0
    median: float = 0.0
    mean: float = 0.0
    most: int = 0

    @classmethod
    def of(cls, counts: Collection[int]) -> Spread:
        """The spread of `counts`."""
        values = np.asarray(counts)
        if not values.size:
            return cls()
        return cls(int(values.min()), float(np.median(values)), float(values.mean()), int(values.max()))


@dataclass(frozen=True, slots=True)
class Description:
    """A data set in numbers. `judged`, `relevant`, `history` and `candidates` are per query.

    `candidates` is that of the catalogue where all of it is ranked; `grades` counts judgements by grade;
    `judged_candidates` is the share of all candidates that is judged, None where the whole catalogue is ranked.
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


def describe(data: DataSet) -> Description:
    """Count everything in `data`."""
    grades = Counter(grade for judged in data.qrels.values() for grade in judged.values())
    judged = [data.qrels[query.id] for query in data.queries]
    offered = [query.candidates for query in data.queries]
    return Description(
        name=data.name,
        items=len(data.items),
        items_with_category=sum(item.category is not None for item in data.items),
        queries=len(data.queries),
        readers=len({query.user_id for query in data.queries} - {None}),
        judgements=grades.total(),
        grades=dict(sorted(grades.items())),
        judged=Spread.of([len(each) for each in judged]),
        relevant=Spread.of([sum(grade >= 1 for grade in each.values()) for each in judged]),
        history=Spread.of([len(query.history) for query in data.queries]),
        candidates=Spread.of([len(data.items) if each is None else len(each) for each in offered]),
        judged_candidates=_judged_share(data),
        timed=all(query.at is not None for query in data.queries),
        data_hash=data.data_hash,
        notes=data.notes,
    )


def _judged_share(data: DataSet) -> float | None:
    offered = sum(len(query.candidates or ()) for query in data.queries)
    judged = sum(item in data.qrels[query.id] for query in data.queries for item in query.candidates or ())
    return judged / offered if offered else None
