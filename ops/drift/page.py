"""drift.html: one file with the table and a plot of every feature."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from shortlist.core.html_page import COLOUR, FAINT, html_figure, html_page, html_table, svg_plot
from shortlist.ops.drift.report import Finding, Report
from shortlist.ops.drift.table import HEAD, headline, next_steps, not_judged, table_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALARM = "#b3261e"
ROW_HEIGHT = 0.28
READ_IT = (
    "Distance from the quarter of the reference days that are most like the day, as a multiple of the limit for that "
    "day. The limit follows from the spread of the reference days (grey). Above 1 is drift."
)


def drift_page(report: Report) -> str:
    """Return the report as HTML. It needs no network."""
    return html_page("Shortlist: drift", "Drift", "\n".join(_body(report)))


def _body(report: Report) -> Iterator[str]:
    yield f"<p>{escape(headline(report))}</p>"
    yield from (f'<p class="warning">{escape(line)}</p>' for line in next_steps(report))
    yield html_table(HEAD, table_rows(report, "drifting", "passed", "steady"))
    yield from (f'<p class="note">{escape(line)}</p>' for line in not_judged(report))
    judged = [one for one in report.findings if one.days]
    if judged:
        yield html_figure(_overview(judged), f"All features on {report.day}. {READ_IT}")
    order = [*report.in_state("drifting"), *report.in_state("passed"), *report.in_state("steady")]
    for one in order:
        yield f"<h2>{escape(one.feature)}</h2>"
        yield html_figure(_by_day(one), f"{one.statistic}, less what chance alone would give. {one.change}")


def _overview(findings: list[Finding]) -> str:
    ordered = sorted(findings, key=lambda one: one.excess or 0)

    def draw(axes: Axes) -> None:
        excess = [one.excess or 0 for one in ordered]
        colours = [ALARM if one.state == "drifting" else COLOUR for one in ordered]
        axes.barh(range(len(ordered)), excess, color=colours, height=0.6)
        axes.axvline(1, color=ALARM, linewidth=0.8, linestyle="--")
        axes.set_yticks(range(len(ordered)), [one.feature for one in ordered], fontsize=7, parse_math=False)
        axes.set_xlabel("distance, as a multiple of the limit")

    return svg_plot(draw, 1.0 + ROW_HEIGHT * len(ordered))


def _by_day(finding: Finding) -> str:
    def draw(axes: Axes) -> None:
        days = np.array([one.day for one in finding.days], dtype="datetime64[D]")
        colours = [FAINT if one.is_reference else ALARM if one.excess > 1 else COLOUR for one in finding.days]
        axes.scatter(days, [one.value for one in finding.days], s=14, color=colours)
        axes.plot(days, [one.limit for one in finding.days], color=ALARM, linewidth=0.8, linestyle="--")
        axes.set_ylabel(finding.statistic)
        axes.tick_params("x", rotation=30)

    return svg_plot(draw, 2.2)
