"""The first tab: one reader, their list as cards that can be watched, liked and skipped, and a chat beside it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import Any

import gradio as gr

from shortlist.core.config import RERANK_CHOICES
from shortlist.core.ranking import Request
from shortlist.serving.web import html
from shortlist.serving.web.handlers import PageHandlers, guarded

CARDS = 8
EMPTY = "There are no videos yet. Add some in the tab “Home”, then come back."
CHOOSE = "Choose a reader, or invent one."
ACTIONS = (("view", "Watch"), ("like", "Like"), ("skip", "Skip"))


def reader_tab(handlers: PageHandlers) -> tuple[Any, Callable[[], Any]]:
    """Draws the tab; returns the choice of readers, and what refreshes it."""
    with gr.Row():
        user = gr.Dropdown(
            handlers.readers(),
            value=next(iter(handlers.readers()), None),
            label="Reader",
            allow_custom_value=True,
            scale=2,
        )
        wish = gr.Textbox(label="In the mood for", placeholder="something about space", scale=3)
        rerank = gr.Dropdown(list(RERANK_CHOICES), value="auto", label="Rerank by language model", scale=1)
        k = gr.Slider(1, CARDS, value=5, step=1, label="How many", scale=1)
    ask = gr.Button("Recommend", variant="primary")
    with gr.Accordion("Invent a reader", open=False):
        name = gr.Textbox(label="Name of the new reader")
        interests = gr.CheckboxGroup(handlers.categories(), label="Likes")
        invent = gr.Button("Invent")
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            said = gr.HTML(elem_id="said")
            slots = [_slot(place) for place in range(CARDS)]
        with gr.Column(scale=2, min_width=320):
            profile = gr.HTML(elem_id="profile")
            _chat(handlers, user)
    ids = gr.State([])
    asked = [user, wish, rerank, k]
    shown = [said, profile, ids, *[part for group, text, *_ in slots for part in (group, text)]]
    show = partial(_show, handlers)
    for trigger in (ask.click, wish.submit, user.change):
        trigger(show, asked, shown, show_progress="minimal")
    for place, (_, _, dwell, buttons) in enumerate(slots):
        for action, button in buttons.items():
            button.click(partial(_act, handlers, action, place), [*asked, ids, dwell], shown, show_progress="minimal")
    invent.click(partial(_invent, handlers), [name, interests], [user, said])
    gr.on(None, show, asked, shown)
    return user, lambda: gr.update(choices=handlers.readers())


def _slot(place: int) -> tuple[Any, Any, Any, dict[str, Any]]:
    with gr.Group(visible=False, elem_classes=[f"card-{place + 1}"]) as group:
        text = gr.HTML(padding=False)
        dwell = gr.Slider(0, 180, value=30, step=1, label=f"Seconds watched of {place + 1}")
        with gr.Row():
            buttons = {action: gr.Button(word, size="sm", min_width=60) for action, word in ACTIONS}
    return group, text, dwell, buttons


def _show(handlers: PageHandlers, user: str | None, wish: str, rerank: str, k: float) -> list[Any]:
    if handlers.empty():
        return _nothing(EMPTY)
    if not (user or "").strip():
        return _nothing(CHOOSE)
    answer, wrong = guarded(lambda: handlers.recommend(Request(str(user).strip(), int(k), wish or None, rerank)))
    if wrong:
        return _nothing(wrong)
    items = answer["recommendations"]
    reader, _ = guarded(lambda: handlers.service.reader(answer["user_id"]))
    slots: list[Any] = []
    for place in range(CARDS):
        there = place < len(items)
        slots += [gr.update(visible=there), html.card(items[place]) if there else ""]
    return [
        html.notes(note["message"] for note in answer["notes"]),
        html.reader_page(reader) if reader else "",
        [i["video_id"] for i in items],
        *slots,
    ]


def _act(
    handlers: PageHandlers,
    action: str,
    place: int,
    user: str,
    wish: str,
    rerank: str,
    k: float,
    ids: list[str],
    dwell: float,
) -> list[Any]:
    if place < len(ids):
        _, wrong = guarded(
            lambda: handlers.happened(user.strip(), ids[place], action, dwell if action == "view" else None)
        )
        if wrong:
            return _nothing(wrong)
    return _show(handlers, user, wish, rerank, k)


def _invent(handlers: PageHandlers, name: str, interests: list[str]) -> tuple[Any, str]:
    _, wrong = guarded(lambda: handlers.invent(name, interests))
    if wrong:
        return gr.update(), html.notes([wrong])
    return gr.update(choices=handlers.readers(), value=name.strip()), ""


def _nothing(words: str) -> list[Any]:
    return [html.notes([words]), "", [], *[part for _ in range(CARDS) for part in (gr.update(visible=False), "")]]


def _chat(handlers: PageHandlers, user: Any) -> None:
    thread = gr.State(_new_thread)
    lines = gr.State([])  # on the server: a history that comes from the browser may hold files of the server
    # Gradio takes the lines of a chat for HTML even so: `_turn` escapes them.
    talk = gr.Chatbot(
        label="Chat", height=320, buttons=[], feedback_options=None, render_markdown=False, elem_id="talk"
    )
    line = gr.Textbox(label="Say something", placeholder="why number 2?", submit_btn="Send")
    line.submit(partial(_turn, handlers), [line, lines, user, thread], [line, talk, lines], show_progress="hidden")
    user.change(_new_thread, None, thread, show_progress="hidden")  # what was said before was for somebody else


def _new_thread() -> str:
    return f"web:{uuid.uuid4().hex}"


Line = dict[str, str]


def _turn(
    handlers: PageHandlers, message: str, lines: list[Line], user: str | None, thread: str
) -> Iterator[tuple[str, list[Line], list[Line]]]:
    """The reply, line by line. It quotes the titles and transcripts of strangers, so it is escaped."""
    if not message.strip():
        yield "", lines, lines
        return
    said = [*lines, {"role": "user", "content": escape(message)}]
    waiting = [*said, {"role": "assistant", "content": "…"}]
    yield "", waiting, waiting
    reply = ""
    for line in _reply(handlers, message, user or None, thread).splitlines():
        reply += f"{escape(line)}\n"
        answered = [*said, {"role": "assistant", "content": reply}]
        yield "", answered, answered


def _reply(handlers: PageHandlers, message: str, user: str | None, thread: str) -> str:
    text, wrong = guarded(lambda: handlers.chat(message, user, thread))
    return wrong or str(text)
