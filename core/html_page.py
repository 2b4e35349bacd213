"""Parts of a page in one file that needs no network: the page, tables, and plots as SVG."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 7.5  # of a plot, in inches
COLOUR, FAINT = "#1f5fa8", "#888888"
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


def html_page(title: str, heading: str, body: str) -> str:
    """Return a page. `body` is HTML."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head>\n<body><h1>{escape(heading)}</h1>{body}\n</body></html>\n"
    )


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of texts, which scrolls if it is wider than the page."""
    cells = "".join(_row(row, "td") for row in rows)
    return f'<div class="wide"><table><thead>{_row(head, "th")}</thead><tbody>{cells}</tbody></table></div>'


def html_figure(svg: str, caption: str) -> str:
    """Return a plot with its caption."""
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def svg_plot(draw: Callable[[Axes], None], height: float) -> str:
    """Return what `draw` draws as an SVG element of `height` inches. The same data gives the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "shortlist", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :]


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
