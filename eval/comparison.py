"""Compare two variants of an earlier ablation by the scores that it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shortlist.core.errors import RecordError, UsageError
from shortlist.eval.ablation import SCORES, read_results
from shortlist.eval.report.results import effect_document, slice_document, to_json
from shortlist.eval.score_table import ScoreTable, read_table
from shortlist.eval.stats.effects import by_category, by_history, effects


def compare_variants(folder: Path, variant: str, other: str, seed: int) -> dict[str, Any]:
    """Compare `variant` minus `other` on every data set with both: each tested metric, and slices of the primary one.

    Only queries that both variants answered are compared. Each data set and metric has one comparison, so p is not
    corrected. Raises `UsageError` if no data set has both variants, `RecordError` if scores are unreadable or have no
    query in common.
    """
    if variant == other:
        raise UsageError(
            "nothing to compare", expected="two variants", found=f"{variant!r} twice", remedy="name another"
        )
    results = read_results(folder)
    comparisons = {}
    for name, data in results["data"].items():
        if variant in data["variants"] and other in data["variants"]:
            tables = {key: read_table(folder / SCORES / f"{name}.{key}.csv") for key in (variant, other)}
            comparisons[name] = _compare_tables(tables, variant, other, data["primary"], data["compared"], seed)
    if not comparisons:
        names = sorted({name for data in results["data"].values() for name in data["variants"]})
        raise UsageError(
            "nothing to compare", expected=f"two of {', '.join(names)}", found=f"{variant!r} and {other!r}",
            remedy="correct the names, or measure both with `shortlist eval ablation`",
        )  # fmt: skip
    document: dict[str, Any] = to_json({"variant": variant, "other": other, "data": comparisons})
    return document


def _compare_tables(
    tables: dict[str, ScoreTable], variant: str, other: str, primary: str, metrics: list[str], seed: int
) -> dict[str, Any]:
    ours, theirs = tables[variant], tables[other]
    common = set(theirs.queries)
    ours = ours.select([query for query in ours.queries if query in common])  # each may have run on a sample
    if not ours.queries:
        raise RecordError(
            "scores of different queries",
            expected="queries that both variants answered",
            found="none",
            remedy="measure both again",
        )
    pair = {variant: ours, other: theirs}
    return {
        "queries": len(ours.queries),
        "primary": primary,
        "metrics": {metric: effect_document(effects(pair, other, metric, seed)[variant]) for metric in metrics},
        "by_history": [slice_document(part) for part in by_history(ours, theirs, primary, seed)],
        "by_category": [slice_document(part) for part in by_category(ours, theirs, primary, seed)],
    }
