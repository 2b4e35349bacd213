"""The list on a terminal while the language model works on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from shortlist.agent.recommend import Draft, Progress, Recommender
from shortlist.agent.rerank.budget import out_of_time_note
from shortlist.app.cli.terminal.hyperlinks import address_of
from shortlist.app.cli.terminal.result_list import list_lines
from shortlist.core.notes import Note
from shortlist.core.ranking import Answer, Request
from shortlist.store.home import Home

BAR_CELLS = 20
GRACE_S = 0.5  # beyond the budget, for what follows the last call
ASKING = "asking the language model; Ctrl-C keeps this list"

Show = Callable[[Answer, str], None]
Steps = SimpleQueue[Progress | Answer | Exception]


def follow(recommender: Recommender, request: Request, home: Home, *, quiet: bool = False) -> tuple[Answer, bool]:
    """Return the answer to `request`, and whether Ctrl-C stopped its rerank.

    A terminal shows the list of the retrieval at once and then every move, unless `quiet`; the list is gone when this
    returns. After the budget of the request or Ctrl-C, the answer is by what was judged: a call in progress is not
    waited for, and ends with this process. Raises like `Recommender.recommend`.
    """
    draft = recommender.draft(request)
    if not draft.reranks:
        return draft.answer, False
    end = None if request.budget_ms is None else monotonic() + request.budget_ms / 1000 + GRACE_S
    with _no_screen() if quiet else _screen(home) as show:
        show(draft.answer, ASKING)
        return _watch(recommender, draft, show, end)


def _watch(recommender: Recommender, draft: Draft, show: Show, end: float | None) -> tuple[Answer, bool]:
    steps: Steps = SimpleQueue()
    newest = [Progress(0, 0, lambda: draft.answer)]
    try:
        Thread(target=_work, args=(recommender, draft, newest, steps), name="rerank", daemon=True).start()
        while isinstance(step := steps.get(timeout=None if end is None else max(0.0, end - monotonic())), Progress):
            show(step.answer(), progress_line(step.judged, step.total))
    except Empty:
        return _stopped(newest[0], out_of_time_note(newest[0].judged)), False
    except KeyboardInterrupt:
        judged, total = newest[0].judged, newest[0].total
        how_far = f"{judged} of {total} judged" if judged else "none judged"
        note = Note("partly-judged" if judged else "out-of-time", f"rerank stopped by Ctrl-C: {how_far}")
        return _stopped(newest[0], note), True
    if isinstance(step, Answer):
        return step, False
    raise step


def _work(recommender: Recommender, draft: Draft, newest: list[Progress], steps: Steps) -> None:
    """Put each step of the rerank on the queue, then its answer or its error. `newest` holds the last step."""

    def on_progress(progress: Progress) -> None:
        newest[0] = progress  # Ctrl-C may lose what it finds on its way from the queue
        steps.put(progress)

    try:
        steps.put(recommender.finish(draft, on_progress))
    except Exception as error:  # noqa: BLE001  (the main thread raises it)
        steps.put(error)


def _stopped(latest: Progress, note: Note) -> Answer:
    """Return the answer by what was judged, with a note on what stopped the rerank."""
    answer = latest.answer()
    return replace(answer, notes=(*answer.notes, note))


def progress_line(judged: int, total: int) -> str:
    """Return a bar and the number of candidates judged."""
    done = round(BAR_CELLS * judged / max(1, total))
    return f"{'━' * done}{'╌' * (BAR_CELLS - done)} the language model has judged {judged} of {total}"


@contextmanager
def _screen(home: Home) -> Iterator[Show]:
    """Yield a function that shows a list and a line below it in place of the last ones; it does nothing in a pipe."""
    console = Console()
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def show(answer: Answer, line: str) -> None:
            if console.is_terminal:
                lines = list_lines(answer.recommendations, lambda video: address_of(video, home), console)
                live.update(Group(*lines[: console.height - 2], Text(line, "dim")), refresh=True)

        yield show


@contextmanager
def _no_screen() -> Iterator[Show]:
    yield lambda _answer, _line: None
