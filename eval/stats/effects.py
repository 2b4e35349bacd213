"""Effects of variants against a baseline: on all queries, by length of history, and by category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.eval.metrics.metrics import Scores
from shortlist.eval.score_table import ScoreTable
from shortlist.eval.stats.significance import Comparison, Interval, bootstrap, compare, holm

HISTORY_LENGTHS = (0, 1, 5, 10, 20, 50)  # starts of the slices
MAX_CATEGORIES = 10
MIN_QUERIES = 10  # smaller slices are left out


@dataclass(frozen=True, slots=True)
class Effect:
    """One metric of a variant against the baseline on the same queries.

    `baseline` is the baseline's mean. `p_holm` is corrected for all variants.
    """

    baseline: float
    comparison: Comparison
    p_holm: float


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice of the queries: the mean of the variant, and its mean difference to the baseline."""

    name: str
    mean: Interval
    difference: Interval


def effects(tables: Mapping[str, ScoreTable], baseline: str, metric: str, seed: int) -> dict[str, Effect]:
    """Compare every other variant with `baseline`, by name. Raises `RecordError` if the baseline lacks a query."""
    pairs = {name: _paired(table, tables[baseline], metric) for name, table in tables.items() if name != baseline}
    comparisons = {name: compare(ours, theirs, seed) for name, (ours, theirs) in pairs.items()}
    adjusted = holm([comparison.p for comparison in comparisons.values()]).tolist()
    return {
        name: Effect(_mean(pairs[name][1]), comparison, p)
        for (name, comparison), p in zip(comparisons.items(), adjusted, strict=True)
    }


def by_history(table: ScoreTable, baseline: ScoreTable, metric: str, seed: int) -> list[Slice]:
    """Slice by the length of the readers' histories; empty if all are empty."""
    if not any(table.history):
        return []
    lengths = np.array(table.history)
    ends = [*HISTORY_LENGTHS[1:], None]
    slices = []
    for start, end in zip(HISTORY_LENGTHS, ends, strict=True):
        chosen = (lengths >= start) & (lengths < end if end else True)
        name = f"{start}+" if end is None else str(start) if end == start + 1 else f"{start}-{end - 1}"
        slices.append((name, chosen))
    return list(_slices(slices, table, baseline, metric, seed))


def by_category(table: ScoreTable, baseline: ScoreTable, metric: str, seed: int) -> list[Slice]:
    """Slice by the category of the most relevant item, the most frequent categories first."""
    frequent = Counter(filter(None, table.category)).most_common()
    names = [name for name, _ in sorted(frequent, key=lambda pair: (-pair[1], pair[0]))[:MAX_CATEGORIES]]
    labels = np.array(table.category)
    return list(_slices([(name, labels == name) for name in names], table, baseline, metric, seed))


def _slices(
    slices: Sequence[tuple[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]],
    table: ScoreTable,
    baseline: ScoreTable,
    metric: str,
    seed: int,
) -> Iterator[Slice]:
    ours, theirs = _paired(table, baseline, metric)
    for name, chosen in slices:
        if np.count_nonzero(chosen) >= MIN_QUERIES:
            yield Slice(name, bootstrap(ours[chosen], seed), bootstrap(ours[chosen] - theirs[chosen], seed))


def _paired(table: ScoreTable, baseline: ScoreTable, metric: str) -> tuple[Scores, Scores]:
    return table.scores[metric], baseline.scores[metric][baseline.rows(table.queries)]


def _mean(values: Scores) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")
