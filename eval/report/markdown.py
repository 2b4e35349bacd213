"""report.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shortlist.eval.report.tables import Grid, facts, grids_of, warnings_of


def markdown_report(results: Mapping[str, Any]) -> str:
    """The report of an ablation's results."""
    parts = ["# Ablation", f"Baseline: `{results['baseline']}`; seed {results['seed']}."]
    for name, data in results["data"].items():
        parts += [f"## {name}", _list(facts(data))]
        parts += [f"**Mind:** {line}" for line in warnings_of(data)]
        parts += [_section(grid) for grid in grids_of(data, results["baseline"])]
    return "\n\n".join(parts) + "\n"


def _section(grid: Grid) -> str:
    return "\n\n".join(filter(None, [f"### {grid.title}", markdown_table(grid.head, grid.rows), grid.note]))


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others stand to the right."""
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in [head, rule, *rows])


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
