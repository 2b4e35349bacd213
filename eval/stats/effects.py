"""A variant against its baseline: the difference, whether it could be chance, and for whom it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.eval.metrics.metrics import Scores
from shortlist.eval.stats.significance import Comparison, Interval, bootstrap, compare, holm
from shortlist.eval.table import Table

# Lengths of history, from the first number to the one before the next.
HISTORY = (0, 1, 5, 10, 20, 50)
CATEGORIES = 10  # the most frequent ones
FEWEST = 10  # a slice of fewer queries says nothing


@dataclass(frozen=True, slots=True)
class Effect:
    """One metric of a variant against the baseline on the same queries; `p_holm` is corrected for all variants."""

    baseline: float
    comparison: Comparison
    p_holm: float


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the queries: `mean` of the variant, and its difference to the baseline."""

    name: str
    mean: Interval
    difference: Interval


def effects(tables: Mapping[str, Table], baseline: str, metric: str, seed: int) -> dict[str, Effect]:
    """Every variant but `baseline` against it. Raises `RecordError` where a variant has queries that it lacks."""
    pairs = {name: _paired(table, tables[baseline], metric) for name, table in tables.items() if name != baseline}
    found = {name: compare(ours, theirs, seed) for name, (ours, theirs) in pairs.items()}
    adjusted = holm([comparison.p for comparison in found.values()]).tolist()
    return {
        name: Effect(_mean(pairs[name][1]), comparison, p)
        for (name, comparison), p in zip(found.items(), adjusted, strict=True)
    }


def by_history(table: Table, baseline: Table, metric: str, seed: int) -> list[Slice]:
    """The variant by the length of its readers' histories; empty where nobody has one."""
    if not any(table.history):
        return []
    lengths = np.array(table.history)
    ends = [*HISTORY[1:], None]
    slices = []
    for start, end in zip(HISTORY, ends, strict=True):
        chosen = (lengths >= start) & (lengths < end if end else True)
        name = f"{start}+" if end is None else str(start) if end == start + 1 else f"{start}-{end - 1}"
        slices.append((name, chosen))
    return list(_slices(slices, table, baseline, metric, seed))


def by_category(table: Table, baseline: Table, metric: str, seed: int) -> list[Slice]:
    """The variant by the category of what is relevant, the most frequent categories first."""
    frequent = Counter(filter(None, table.category)).most_common()
    names = [name for name, _ in sorted(frequent, key=lambda pair: (-pair[1], pair[0]))[:CATEGORIES]]
    labels = np.array(table.category)
    return list(_slices([(name, labels == name) for name in names], table, baseline, metric, seed))


def _slices(
    slices: Sequence[tuple[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]],
    table: Table,
    baseline: Table,
    metric: str,
    seed: int,
) -> Iterator[Slice]:
    ours, theirs = _paired(table, baseline, metric)
    for name, chosen in slices:
        if np.count_nonzero(chosen) >= FEWEST:
            yield Slice(name, bootstrap(ours[chosen], seed), bootstrap(ours[chosen] - theirs[chosen], seed))


def _paired(table: Table, baseline: Table, metric: str) -> tuple[Scores, Scores]:
    return table.scores[metric], baseline.scores[metric][baseline.rows(table.queries)]


def _mean(values: Scores) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")
