"""The tab “Invent readers”: readers with a known taste, who watched what they would like."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import gradio as gr

from shortlist.ingest.simulate.simulate import simulate
from shortlist.serving.lab import html
from shortlist.serving.lab.handlers import PageHandlers, try_call

MOST = 50  # in one go
NAMED = 3  # favourite categories and last videos that are named


def readers_tab(handlers: PageHandlers, readers: Any) -> None:
    """Build the tab. The menu `readers` is updated with the new ones."""
    gr.HTML(html.notes(["Each invented reader has a taste of their own and six weeks of watching and reading."]))
    number = gr.Slider(1, MOST, value=1, step=1, label="How many")
    invent = gr.Button("Invent", variant="primary")
    result = gr.HTML(elem_id="invented")
    invent.click(partial(_invent, handlers), number, result).then(
        lambda: gr.update(choices=handlers.readers()), None, readers
    )


def _invent(handlers: PageHandlers, number: float) -> str:
    catalogue = handlers.context.engine.home.catalogue
    before = set(catalogue.readers.ids())
    invented = sum(name.startswith("sim_") for name in before)

    def write() -> list[str]:
        simulate(handlers.context.engine.home, invented + int(number), 0, datetime.now(UTC))
        return sorted(set(catalogue.readers.ids()) - before)

    names, message = try_call(write)
    if message:
        return html.notes([message])
    return html.notes([*(_portrait(handlers, name) for name in names), "Choose one of them on the shelf, at the top."])


def _portrait(handlers: PageHandlers, name: str) -> str:
    reader = handlers.service.reader(name)
    likes = ", ".join(f"{category} ({share:.0%})" for category, share in list(reader["categories"].items())[:NAMED])
    lately = ", ".join(f"“{item['title']}”" for item in reader["history"][:NAMED])
    return f"{name} likes {likes or 'nothing yet'}; lately: {lately or 'nothing'}."
