"""The page: three tabs, a theme, and no resources of other sites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from shortlist.serving.service.context import AppContext
from shortlist.serving.web.compare_tab import compare_tab
from shortlist.serving.web.handlers import PageHandlers
from shortlist.serving.web.home_tab import home_tab
from shortlist.serving.web.reader_tab import reader_tab

TITLE = "Shortlist"
UPLOAD_LIFETIME_S = 3600  # uploaded tables are deleted after it, and when the server ends
STYLE = Path(__file__).with_name("style.css")


def page(context: AppContext) -> gr.Blocks:
    """Return the page over `context`, with the recommender loaded. Raises like `AppContext.recommender`."""
    handlers = PageHandlers(context)
    blocks: gr.Blocks = gr.Blocks(
        title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(UPLOAD_LIFETIME_S, UPLOAD_LIFETIME_S)
    )
    with blocks:
        gr.Markdown("# Shortlist\nShort videos for a reader, with a reason for each.")
        with gr.Tab("For a reader"):
            readers, refresh_readers = reader_tab(handlers)
        with gr.Tab("Compare"):
            compare_tab(handlers)
        with gr.Tab("Home"):
            home_tab(handlers, readers, refresh_readers)
    blocks.queue(default_concurrency_limit=context.config.serve.threads, max_size=context.config.serve.requests)
    return blocks


def theme_and_css() -> dict[str, Any]:
    """Return the theme and the style sheet, with fonts that every system has."""
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    return {"theme": theme, "css": STYLE.read_text(encoding="utf-8")}
