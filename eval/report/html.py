"""report.html: one file with its plots, which needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from shortlist.core.html_page import html_figure, html_page, html_table
from shortlist.eval.report import plots
from shortlist.eval.report.tables import ReportTable, data_facts, report_tables, report_warnings


def html_report(results: Mapping[str, Any]) -> str:
    """Return the report of an ablation's results as HTML."""
    body = "\n".join(line for name, data in results["data"].items() for line in _data(name, data, results["baseline"]))
    intro = f"<p>Baseline: <code>{escape(results['baseline'])}</code>; seed {results['seed']}.</p>"
    return html_page("Shortlist: ablation", "Ablation", f"{intro}\n{body}")


def _data(name: str, data: Mapping[str, Any], baseline: str) -> Iterator[str]:
    yield f"<h2>{escape(name)}</h2>"
    yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in data_facts(data))}</ul>"
    yield from (f'<p class="warning">{escape(line)}</p>' for line in report_warnings(data))
    figures = {
        "Quality against cost": plots.quality_against_cost(data),
        f"Difference to {baseline}; grey if the interval contains 0": plots.intervals(data, baseline),
        "Contribution of each leg": plots.legs(data, baseline),
        "By length of history": plots.by_history(data),
    }
    yield from (html_figure(svg, title) for title, svg in figures.items() if svg)
    yield from (_table(table) for table in report_tables(data, baseline))


def _table(table: ReportTable) -> str:
    note = f'<p class="note">{escape(table.note)}</p>'
    return f"<h3>{escape(table.title)}</h3>{html_table(table.head, table.rows)}{note}"
