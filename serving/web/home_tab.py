"""The third tab: what the home holds, and tables to add to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr

from shortlist.ingest.load import IngestResult, load_articles, load_events, load_readers, load_videos
from shortlist.serving.web import html
from shortlist.serving.web.handlers import PageHandlers, guarded

KINDS = ("videos", "articles", "readers", "events")
SHOWN_FAILURES = 20


def home_tab(handlers: PageHandlers, readers: Any, more_readers: Callable[[], Any]) -> None:
    """Draws the tab; `readers` is chosen from anew, by `more_readers`, after an ingest."""
    state = gr.HTML(lambda: _state(handlers))
    gr.Button("Look again").click(lambda: _state(handlers), None, state)
    kind = gr.Radio(list(KINDS), value="videos", label="What the table holds")
    file = gr.File(label="A table: .jsonl, .csv or .parquet", file_types=[".jsonl", ".csv", ".parquet", ".gz"])
    done = gr.HTML(elem_id="ingested")
    gr.Button("Ingest", variant="primary").click(partial(_ingest, handlers), [kind, file], [done, state]).then(
        more_readers, None, readers
    )


def _state(handlers: PageHandlers) -> str:
    catalogue = handlers.context.home.catalogue
    counts = catalogue.counts()
    failures = catalogue.steps.failures()
    rows = {
        "videos": f"{counts.videos:,} ({counts.enriched:,} with a summary)",
        "articles": f"{counts.articles:,}",
        "readers": f"{counts.readers:,}",
        "events": f"{counts.events:,}",
        "revision": catalogue.revision(),
        "failures": f"{len(failures):,}",
        **{f"  {one.item}": f"{one.step}: {one.reason}" for one in failures[:SHOWN_FAILURES]},
    }
    return html.table(rows)


def _ingest(
    handlers: PageHandlers,
    kind: str,
    file: str | None,
    progress: gr.Progress = gr.Progress(),  # noqa: B008
) -> tuple[str, str]:
    if not file:
        return html.notes(["Choose a table first."]), _state(handlers)
    done = 0

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        progress((done, None), unit=kind)

    loaded, wrong = guarded(lambda: _load(handlers, kind, file, advance))
    if wrong:
        return html.notes([wrong]), _state(handlers)
    return html.notes(_told(loaded)), _state(handlers)


def _told(loaded: IngestResult) -> list[str]:
    counts = f"{loaded.new:,} new, {loaded.changed:,} changed, {loaded.unchanged:,} unchanged"
    lines = [f"{counts}, {len(loaded.failures):,} failed", *(note.public for note in loaded.notes)]
    lines += [f"{failure.where.rpartition('/')[2]}: {failure.reason}" for failure in loaded.failures[:SHOWN_FAILURES]]
    more = len(loaded.failures) - SHOWN_FAILURES
    return [*lines, f"… and {more:,} more"] if more > 0 else lines


def _load(handlers: PageHandlers, kind: str, file: str, progress: Callable[[int], None]) -> IngestResult:
    context, settings = handlers.context, handlers.context.config.ingest
    match kind:
        case "readers":
            return load_readers(context.home, file, settings, progress)
        case "events":
            return load_events(context.home, file, settings, progress)
    load = load_videos if kind == "videos" else load_articles
    with handlers.service.reloader.writing():
        return load(context.home, file, context.encoder, settings, progress)
