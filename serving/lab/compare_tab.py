"""The tab “Compare”: two variants for the same reader, side by side and in words."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from shortlist.core.ranking import Request
from shortlist.serving.lab import html
from shortlist.serving.lab.handlers import PageHandlers, try_call

K = 10


def compare_tab(handlers: PageHandlers) -> Any:
    """Build the tab. Return its menu of readers."""
    names = handlers.variants()
    with gr.Row():
        user = gr.Dropdown(
            handlers.readers(),
            value=next(iter(handlers.readers()), None),
            label="Reader to compare",
            allow_custom_value=True,
        )
        wish = gr.Textbox(label="In the mood for this")
    with gr.Row():
        left = gr.Dropdown(names, value=names[0], label="On the left")
        right = gr.Dropdown(names, value=names[1], label="On the right")
    ask = gr.Button("Compare", variant="primary")
    notes = gr.HTML(elem_id="words")
    with gr.Row():
        lists = [gr.HTML(elem_id="left", min_width=300), gr.HTML(elem_id="right", min_width=300)]
    ask.click(partial(_compare, handlers), [user, wish, left, right], [notes, *lists])
    return user


def _compare(handlers: PageHandlers, user: str | None, wish: str, left: str, right: str) -> tuple[str, str, str]:
    def both() -> list[dict[str, Any]]:
        request = Request((user or "").strip(), K, wish or None)
        return [handlers.recommend_with(name, request) for name in (left, right)]

    answers, message = try_call(both)
    if message:
        return html.notes([message]), "", ""
    first, second = (answer["recommendations"] for answer in answers)
    notes = dict.fromkeys(note["message"] for answer in answers for note in answer["notes"])
    words = [*html.differences(first, second, left, right), *notes]
    return html.notes(words), html.comparison(first, second), html.comparison(second, first)
