"""Two variants of an earlier ablation against each other, from the scores it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shortlist.core.errors import RecordError, UsageError
from shortlist.eval.ablation import SCORES, read_results
from shortlist.eval.report.results import effect_document, plain, slice_document
from shortlist.eval.stats.effects import by_category, by_history, effects
from shortlist.eval.table import Table, read_table


def compare_variants(folder: Path, variant: str, other: str, seed: int) -> dict[str, Any]:
    """`variant` minus `other` on every data set that has both: each tested metric, and slices of the deciding one.

    There is one comparison a data set and metric, so p is not corrected. Compared is what both were asked. Raises
    `UsageError` where no data set has both, `RecordError` where scores are unreadable or have no query in common.
    """
    if variant == other:
        raise UsageError(
            "nothing to compare", expected="two variants", found=f"{variant!r} twice", remedy="name another"
        )
    results = read_results(folder)
    found = {}
    for name, data in results["data"].items():
        if variant in data["variants"] and other in data["variants"]:
            tables = {one: read_table(folder / SCORES / f"{name}.{one}.csv") for one in (variant, other)}
            found[name] = _compared(tables, variant, other, data["primary"], data["compared"], seed)
    if not found:
        known = sorted({one for data in results["data"].values() for one in data["variants"]})
        raise UsageError(
            "nothing to compare", expected=f"two of {', '.join(known)}", found=f"{variant!r} and {other!r}",
            remedy="correct the names, or measure both with `shortlist eval ablation`",
        )  # fmt: skip
    document: dict[str, Any] = plain({"variant": variant, "other": other, "data": found})
    return document


def _compared(
    tables: dict[str, Table], variant: str, other: str, primary: str, metrics: list[str], seed: int
) -> dict[str, Any]:
    ours, theirs = tables[variant], tables[other]
    asked = set(theirs.queries)
    ours = ours.only([query for query in ours.queries if query in asked])  # one of them may have been asked a sample
    if not ours.queries:
        raise RecordError(
            "scores of different queries",
            expected="queries that both were asked",
            found="none",
            remedy="measure both again",
        )
    pair = {variant: ours, other: theirs}
    return {
        "queries": len(ours.queries),
        "primary": primary,
        "metrics": {metric: effect_document(effects(pair, other, metric, seed)[variant]) for metric in metrics},
        "by_history": [slice_document(one) for one in by_history(ours, theirs, primary, seed)],
        "by_category": [slice_document(one) for one in by_category(ours, theirs, primary, seed)],
    }
