"""Print measurements as tables."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shortlist.eval.metrics.scored_run import ScoredRun
from shortlist.eval.report.tables import p_value, report_warnings

WIDE = 120  # columns of a file or a pipe


def print_scored_run(scored_run: ScoredRun) -> None:
    """Print every metric of a variant, and the cost of a query."""
    cost, finished = scored_run.finished.cost, scored_run.finished
    console = _console()
    console.print(
        Text(f"{scored_run.name} on {scored_run.task.data.name}, {len(scored_run.task.data.queries):,} queries", "bold")
    )
    table = _table("metric", "mean")
    for name, value in scored_run.means.items():
        table.add_row(name, f"{value:.4f}", style="bold" if name == scored_run.primary else "")
    if cost.total_ms.size:
        p50, p95 = np.quantile(cost.total_ms, [0.5, 0.95])
        table.add_row("milliseconds a query, p50", f"{p50:.1f}")
        table.add_row("milliseconds a query, p95", f"{p95:.1f}")
    table.add_row("core-seconds", f"{cost.core_s:.2f}")
    table.add_row("model calls", f"{cost.use.calls:,}")
    console.print(table)
    tuned = ["some settings were chosen on this very data"] if finished.tuned_here else []
    failed = [f"{len(finished.run.failed):,} queries failed and count 0"] if finished.run.failed else []
    noted = [f"{note.full} ({queries:,} queries)" for note, queries in finished.notes.items()]
    for line in (*scored_run.task.data.notes, *tuned, *failed, *noted):
        console.print(Text(line, "dim"))


def print_results(results: Mapping[str, Any]) -> None:
    """Print a table for each data set: the primary metric of each variant, and its difference to the baseline."""
    console = _console()
    for name, data in results["data"].items():
        primary = data["primary"]
        table = _table("variant", primary, "difference", "95 % interval", "p (Holm)", "ms p50")
        for variant, one in data["variants"].items():
            effect = one["against_baseline"].get(primary)
            ms = one["cost"]["stage_ms"]["total"]["p50"]
            against = _against(effect) if effect else ("", "", "")
            table.add_row(variant, _number(one["metrics"].get(primary)), *against, "" if ms is None else f"{ms:.1f}")
        title = f"{name}: {data['description']['queries']:,} queries; difference in {primary} to {results['baseline']}"
        console.print(Text(title, "bold"))
        console.print(table)
        for line in report_warnings(data):
            console.print(Text(line, "dim"))
        console.print()


def print_comparison(found: Mapping[str, Any]) -> None:
    """Print a table for each data set with every tested metric, then the primary metric by slices."""
    console = _console()
    for name, data in found["data"].items():
        console.print(
            Text(f"{found['variant']} against {found['other']} on {name}, {data['queries']:,} queries", "bold")
        )
        table = _table("metric", found["variant"], found["other"], "difference", "95 % interval", "p", "w / t / l")
        for metric, effect in data["metrics"].items():
            mean = effect["baseline"] + effect["difference"]["mean"]
            outcome = f"{effect['wins']:,} / {effect['ties']:,} / {effect['losses']:,}"
            table.add_row(metric, f"{mean:.4f}", f"{effect['baseline']:.4f}", *_against(effect), outcome)
        console.print(table)
        _print_slices(console, data)


def _print_slices(console: Console, data: Mapping[str, Any]) -> None:
    for key, title in (("by_history", "history"), ("by_category", "category")):
        if not data[key]:
            continue
        table = _table(title, "queries", data["primary"], "difference", "95 % interval")
        for one in data[key]:
            mean, difference = one["mean"], one["difference"]
            table.add_row(one["name"], f"{mean['queries']:,}", f"{mean['mean']:.4f}", *_interval(difference))
        console.print(table)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=WIDE)


def _against(effect: Mapping[str, Any]) -> tuple[str, str, str]:
    return *_interval(effect["difference"]), p_value(effect["p_holm"])


def _interval(difference: Mapping[str, Any]) -> tuple[str, str]:
    return f"{difference['mean']:+.4f}", f"{difference['low']:+.3f}, {difference['high']:+.3f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(*head: str) -> Table:
    columns: Sequence[str] = head
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, title in enumerate(columns):
        table.add_column(title, justify="right" if place else "left", no_wrap=True)
    return table
