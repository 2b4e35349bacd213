"""The tab “Reports”: what `shortlist eval ablation` measured on this home."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from shortlist.serving.lab import html
from shortlist.serving.lab.handlers import PageHandlers

FOLDER = "reports"  # of the home
REPORT = "report.html"


def report_tab(handlers: PageHandlers) -> None:
    """Build the tab."""
    folder = handlers.context.engine.home.path.absolute() / FOLDER
    command = f"shortlist eval ablation --data events --no-llm --out {folder}/mine"
    gr.HTML(html.notes([f"The reports in {folder}. To write one: {command}"]))
    chosen = gr.Dropdown(_names(folder), value=next(iter(_names(folder)), None), label="Report")
    shown = gr.HTML(lambda name: _body(folder, name), inputs=chosen, elem_id="report")
    gr.Button("Refresh").click(lambda: gr.update(choices=_names(folder)), None, chosen)
    chosen.change(lambda name: _body(folder, name), chosen, shown)


def _names(folder: Path) -> list[str]:
    return sorted(report.parent.name for report in folder.glob(f"*/{REPORT}"))


def _body(folder: Path, name: str | None) -> str:
    """Return the body of a report, in which all text is escaped; "" if there is no such report."""
    if name not in _names(folder):
        return ""
    page = (folder / name / REPORT).read_text(encoding="utf-8")
    return page.partition("<body>")[2].partition("</body>")[0]
