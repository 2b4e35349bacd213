"""The first tab: a reader's recommendations as cards with buttons, and a chat."""

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
from shortlist.serving.web.handlers import PageHandlers, try_call

CARDS = 8
NO_VIDEOS = "There are no videos yet. Add some in the tab “Home”, then come back."
NO_READER = "Choose a reader, or create one."
BUTTONS = (("view", "Watch"), ("like", "Like"), ("skip", "Skip"))


def reader_tab(handlers: PageHandlers) -> tuple[Any, Callable[[], Any]]:
    """Build the tab. Return the menu of readers, and a function that returns its update."""
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
    with gr.Accordion("Create a reader", open=False):
        name = gr.Textbox(label="Name of the new reader")
        interests = gr.CheckboxGroup(handlers.categories(), label="Likes")
        create = gr.Button("Create")
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            notes = gr.HTML(elem_id="said")
            cards = [_card(place) for place in range(CARDS)]
        with gr.Column(scale=2, min_width=320):
            profile = gr.HTML(elem_id="profile")
            _chat(handlers, user)
    ids = gr.State([])
    inputs = [user, wish, rerank, k]
    outputs = [notes, profile, ids, *[part for group, text, *_ in cards for part in (group, text)]]
    show = partial(_show, handlers)
    for trigger in (ask.click, wish.submit, user.change):
        trigger(show, inputs, outputs, show_progress="minimal")
    for place, (_, _, dwell, buttons) in enumerate(cards):
        for action, button in buttons.items():
            button.click(
                partial(_act, handlers, action, place), [*inputs, ids, dwell], outputs, show_progress="minimal"
            )
    create.click(partial(_create_reader, handlers), [name, interests], [user, notes])
    gr.on(None, show, inputs, outputs)
    return user, lambda: gr.update(choices=handlers.readers())


def _card(place: int) -> tuple[Any, Any, Any, dict[str, Any]]:
    with gr.Group(visible=False, elem_classes=[f"card-{place + 1}"]) as group:
        text = gr.HTML(padding=False)
        dwell = gr.Slider(0, 180, value=30, step=1, label=f"Seconds watched of {place + 1}")
        with gr.Row():
            buttons = {action: gr.Button(word, size="sm", min_width=60) for action, word in BUTTONS}
    return group, text, dwell, buttons


def _show(handlers: PageHandlers, user: str | None, wish: str, rerank: str, k: float) -> list[Any]:
    if handlers.has_no_videos():
        return _message(NO_VIDEOS)
    if not (user or "").strip():
        return _message(NO_READER)
    answer, error = try_call(lambda: handlers.recommend(Request(str(user).strip(), int(k), wish or None, rerank)))
    if error:
        return _message(error)
    items = answer["recommendations"]
    reader, _ = try_call(lambda: handlers.service.reader(answer["user_id"]))
    cards: list[Any] = []
    for place in range(CARDS):
        visible = place < len(items)
        cards += [gr.update(visible=visible), html.card(items[place]) if visible else ""]
    return [
        html.notes(note["message"] for note in answer["notes"]),
        html.reader_page(reader) if reader else "",
        [item["video_id"] for item in items],
        *cards,
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
        _, error = try_call(
            lambda: handlers.add_event(user.strip(), ids[place], action, dwell if action == "view" else None)
        )
        if error:
            return _message(error)
    return _show(handlers, user, wish, rerank, k)


def _create_reader(handlers: PageHandlers, name: str, interests: list[str]) -> tuple[Any, str]:
    _, error = try_call(lambda: handlers.create_reader(name, interests))
    if error:
        return gr.update(), html.notes([error])
    return gr.update(choices=handlers.readers(), value=name.strip()), ""


def _message(text: str) -> list[Any]:
    """Return the outputs of a tab that shows `text` in place of recommendations."""
    return [html.notes([text]), "", [], *[part for _ in range(CARDS) for part in (gr.update(visible=False), "")]]


def _chat(handlers: PageHandlers, user: Any) -> None:
    thread = gr.State(_new_thread)
    lines = gr.State([])  # on the server: a history from the browser could name files of the server
    # Gradio renders the lines of a chat as HTML anyway, so `_turn` escapes them.
    chatbot = gr.Chatbot(
        label="Chat", height=320, buttons=[], feedback_options=None, render_markdown=False, elem_id="talk"
    )
    line = gr.Textbox(label="Say something", placeholder="why number 2?", submit_btn="Send")
    line.submit(partial(_turn, handlers), [line, lines, user, thread], [line, chatbot, lines], show_progress="hidden")
    user.change(_new_thread, None, thread, show_progress="hidden")  # the conversation so far was with another reader


def _new_thread() -> str:
    return f"web:{uuid.uuid4().hex}"


Line = dict[str, str]


def _turn(
    handlers: PageHandlers, message: str, lines: list[Line], user: str | None, thread: str
) -> Iterator[tuple[str, list[Line], list[Line]]]:
    """Yield the reply line by line, escaped, as it quotes titles and transcripts of strangers."""
    if not message.strip():
        yield "", lines, lines
        return
    history = [*lines, {"role": "user", "content": escape(message)}]
    waiting = [*history, {"role": "assistant", "content": "…"}]
    yield "", waiting, waiting
    reply = ""
    for line in _reply(handlers, message, user or None, thread).splitlines():
        reply += f"{escape(line)}\n"
        answered = [*history, {"role": "assistant", "content": reply}]
        yield "", answered, answered


def _reply(handlers: PageHandlers, message: str, user: str | None, thread: str) -> str:
    text, error = try_call(lambda: handlers.chat(message, user, thread))
    return error or str(text)
