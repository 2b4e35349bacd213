"""The tabs of the laboratory, a theme, and no resources of other sites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from shortlist.serving.lab.compare_tab import compare_tab
from shortlist.serving.lab.handlers import PageHandlers
from shortlist.serving.lab.home_tab import home_tab
from shortlist.serving.lab.readers_tab import readers_tab
from shortlist.serving.lab.report_tab import report_tab
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service

TITLE = "Shortlist: laboratory"
JOBS_AT_ONCE = 2
UPLOAD_LIFETIME_S = 3600  # uploaded tables are deleted after it, and when the server ends
STYLE = Path(__file__).with_name("style.css")


def page(context: AppContext, service: Service) -> gr.Blocks:
    """Return the page over `context`."""
    handlers = PageHandlers(context, service)
    blocks: gr.Blocks = gr.Blocks(
        title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(UPLOAD_LIFETIME_S, UPLOAD_LIFETIME_S)
    )
    with blocks:
        gr.HTML("<h1>Laboratory</h1><p><a href='/'>Back to the shelf</a></p>")
        with gr.Tab("Compare"):
            readers = compare_tab(handlers)
        with gr.Tab("Invent readers"):
            readers_tab(handlers, readers)
        with gr.Tab("Reports"):
            report_tab(handlers)
        with gr.Tab("Home"):
            home_tab(handlers, readers)
    blocks.queue(default_concurrency_limit=JOBS_AT_ONCE, max_size=context.engine.config.serve.requests)
    return blocks


def theme_and_css() -> dict[str, Any]:
    """Return the theme and the style sheet, with fonts that every system has."""
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    return {"theme": theme, "css": STYLE.read_text(encoding="utf-8")}
