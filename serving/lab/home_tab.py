"""The tab “Home”: the contents of the home, and tables to ingest."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr

from shortlist.ingest.load import READ, IngestResult, load_articles, load_events, load_readers, load_videos
from shortlist.serving.lab import html
from shortlist.serving.lab.handlers import PageHandlers, try_call

KINDS = ("videos", "articles", "readers", "events")
LISTED_FAILURES = 20
REFRESH_S = 5.0


def home_tab(handlers: PageHandlers, readers: Any) -> None:
    """Build the tab. The menu `readers` is updated after an ingest."""
    state = gr.HTML(lambda: _state(handlers))
    gr.Timer(REFRESH_S).tick(lambda: _state(handlers), None, state, show_progress="hidden")
    kind = gr.Radio(list(KINDS), value="videos", label="Contents of the table")
    file = gr.File(label="A table: .jsonl, .csv or .parquet", file_types=[".jsonl", ".csv", ".parquet", ".gz"])
    result = gr.HTML(elem_id="ingested")
    gr.Button("Ingest", variant="primary").click(partial(_ingest, handlers), [kind, file], [result, state]).then(
        lambda: gr.update(choices=handlers.readers()), None, readers
    )


def _state(handlers: PageHandlers) -> str:
    catalogue = handlers.context.engine.home.catalogue
    counts = catalogue.counts()
    failures = catalogue.steps.failures()
    rows = {
        "videos": f"{counts.videos:,} ({counts.enriched:,} with a summary)",
        "articles": f"{counts.articles:,}",
        "readers": f"{counts.readers:,}",
        "events": f"{counts.events:,}",
        "revision": catalogue.revision(),
        **{f"ingest, {step}": _outcomes(numbers) for step, numbers in catalogue.steps.counts().items()},
        "failures": f"{len(failures):,}",
        **{f"  {failure.item}": f"{failure.step}: {failure.reason}" for failure in failures[:LISTED_FAILURES]},
    }
    return html.table(rows)


def _outcomes(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {status}" for status, number in sorted(numbers.items()))


def _ingest(
    handlers: PageHandlers,
    kind: str,
    file: str | None,
    progress: gr.Progress = gr.Progress(),  # noqa: B008
) -> tuple[str, str]:
    if not file:
        return html.notes(["Choose a table first."]), _state(handlers)
    done: dict[str, int] = {}

    def advance(stage: str, records: int) -> None:
        done[stage] = done.get(stage, 0) + records
        progress((done[stage], None if stage == READ else done.get(READ)), desc=stage, unit=kind)

    loaded, message = try_call(lambda: _load(handlers, kind, file, advance))
    if message:
        return html.notes([message]), _state(handlers)
    return html.notes(_summary(loaded)), _state(handlers)


def _summary(loaded: IngestResult) -> list[str]:
    counts = f"{loaded.new:,} new, {loaded.changed:,} changed, {loaded.unchanged:,} unchanged"
    lines = [f"{counts}, {len(loaded.failures):,} failed", *(note.public for note in loaded.notes)]
    lines += [f"{failure.where.rpartition('/')[2]}: {failure.reason}" for failure in loaded.failures[:LISTED_FAILURES]]
    more = len(loaded.failures) - LISTED_FAILURES
    return [*lines, f"… and {more:,} more"] if more > 0 else lines


def _load(handlers: PageHandlers, kind: str, file: str, progress: Callable[[str, int], None]) -> IngestResult:
    context, settings = handlers.context, handlers.context.engine.config.ingest
    match kind:
        case "readers":
            return load_readers(context.engine.home, file, settings, progress)
        case "events":
            return load_events(context.engine.home, file, settings, progress)
    load = load_videos if kind == "videos" else load_articles
    with handlers.service.engine.reloader.writing():
        return load(context.engine.home, file, context.engine.encoder, settings, progress)
