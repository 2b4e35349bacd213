"""Print results to stdout, as text or one JSON document, and notes and progress to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import typer

from shortlist.core.display import printable, printable_json

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from shortlist.core.notes import Note
    from shortlist.core.progress import Bar, Bars


def say(text: str, *, err: bool = False) -> None:
    """Print `text` with its control characters escaped, so that it cannot control the terminal."""
    typer.echo(printable(text), err=err)


def print_json(document: Any) -> None:
    """Print `document` as JSON. Raises `ValueError` for NaN and infinity, which JSON does not have."""
    typer.echo(printable_json(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)))


def print_notes(notes: Iterable[Note]) -> None:
    """Print notes with their details on stderr."""
    for note in notes:
        print_remark(note.full)


def print_remark(text: str) -> None:
    """Print one note on stderr."""
    say(f"note: {text}", err=True)


@contextmanager
def progress_bar(
    label: str, total: int | None = None, quiet: bool = False, *, rate: bool = False
) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on stderr if it is a terminal. Yields a callback for the number of items just done.

    With `rate`, the bar also shows the speed.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _done: None
        return
    with _bars(rate) as bars:
        task = bars.add_task(label, total=total)
        yield lambda done: bars.advance(task, done)


@contextmanager
def bars_one_by_one(quiet: bool) -> Iterator[Bars]:
    """Yield a function that replaces the current progress bar by a new one."""
    with ExitStack() as stack:

        def bars(label: str, total: int) -> Bar:
            stack.close()
            return stack.enter_context(progress_bar(label, total, quiet=quiet))

        yield bars


@contextmanager
def stage_bars(first: str, quiet: bool = False) -> Iterator[Callable[[str, int], None]]:
    """Show one progress bar per stage on stderr if it is a terminal.

    Yields a callback for a stage's name and the number of items it has just done. The items that stage `first` has
    done so far are the total of the others.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _stage, _done: None
        return
    with _bars(rate=True) as bars:
        tasks: dict[str, TaskID] = {}
        totals: dict[str, float] = {}

        def advance(stage: str, done: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=totals.get(first))
            totals[stage] = totals.get(stage, 0) + done
            bars.advance(tasks[stage], done)
            if stage == first:
                for task in tasks.values():
                    bars.update(task, total=totals[first])

        yield advance


def _bars(rate: bool) -> Progress:
    from rich import progress
    from rich.console import Console

    class Rate(progress.ProgressColumn):
        """The recent speed, in items per second or seconds per item."""

        def render(self, task: progress.Task) -> str:
            if not task.speed:
                return ""
            return f"{task.speed:,.0f}/s" if task.speed >= 1 else f"{1 / task.speed:,.1f} s each"

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        *([Rate()] if rate else []),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
