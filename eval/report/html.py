"""report.html: one file with its plots, which needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from shortlist.eval.report import plots
from shortlist.eval.report.tables import ReportTable, data_facts, report_tables, report_warnings

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
h2 { border-bottom: 2px solid #1f5fa8; margin-top: 3rem; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #ddd; padding: .2rem .6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tbody tr:hover { background: #f2f6fb; }
.wide { overflow-x: auto; } .note { color: #666; } .warning { background: #fff3d6; padding: .3rem .6rem; }
figure { margin: 1rem 0; } figcaption { color: #666; } svg { max-width: 100%; height: auto; }
"""


def html_report(results: Mapping[str, Any]) -> str:
    """Return the report of an ablation's results as HTML."""
    body = "\n".join(line for name, data in results["data"].items() for line in _data(name, data, results["baseline"]))
    intro = f"<p>Baseline: <code>{escape(results['baseline'])}</code>; seed {results['seed']}.</p>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Shortlist: ablation</title>'
        f"<style>{STYLE}</style></head>\n<body><h1>Ablation</h1>{intro}\n{body}\n</body></html>\n"
    )


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
    yield from (
        f"<figure>{svg}<figcaption>{escape(title)}</figcaption></figure>" for title, svg in figures.items() if svg
    )
    yield from (_table(table) for table in report_tables(data, baseline))


def _table(table: ReportTable) -> str:
    head, rows = _row(table.head, "th"), "".join(_row(row, "td") for row in table.rows)
    html = f'<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
    return f'<h3>{escape(table.title)}</h3>{html}<p class="note">{escape(table.note)}</p>'


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
