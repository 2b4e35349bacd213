"""The page: three tabs, and how it looks without anything from elsewhere."""

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
FORGET_S = 3600  # after which tables that were uploaded are deleted; all are when the server ends
STYLE = Path(__file__).with_name("style.css")


def page(context: AppContext) -> gr.Blocks:
    """The page over `context`; reads the home at once. Raises as `AppContext.recommender`."""
    handlers = PageHandlers(context)
    blocks: gr.Blocks = gr.Blocks(
        title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(FORGET_S, FORGET_S)
    )
    with blocks:
        gr.Markdown("# Shortlist\nShort videos for a reader, and why each is there.")
        with gr.Tab("For a reader"):
            readers, more_readers = reader_tab(handlers)
        with gr.Tab("Compare"):
            compare_tab(handlers)
        with gr.Tab("Home"):
            home_tab(handlers, readers, more_readers)
    blocks.queue(default_concurrency_limit=context.config.serve.threads, max_size=context.config.serve.requests)
    return blocks


def looks() -> dict[str, Any]:
    """Theme and style, with fonts that every system has."""
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    return {"theme": theme, "css": STYLE.read_text(encoding="utf-8")}
