"""report.md, with tables but without plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shortlist.eval.report.tables import ReportTable, data_facts, report_tables, report_warnings


def markdown_report(results: Mapping[str, Any]) -> str:
    """Return the report of an ablation's results as Markdown."""
    parts = ["# Ablation", f"Baseline: `{results['baseline']}`; seed {results['seed']}."]
    for name, data in results["data"].items():
        parts += [f"## {name}", _list(data_facts(data))]
        parts += [f"**Note:** {line}" for line in report_warnings(data)]
        parts += [_section(table) for table in report_tables(data, results["baseline"])]
    return "\n\n".join(parts) + "\n"


def _section(table: ReportTable) -> str:
    return "\n\n".join(filter(None, [f"### {table.title}", markdown_table(table.head, table.rows), table.note]))


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, with the first column aligned left and the others right."""
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in [head, rule, *rows])


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
