"""How results are shown: one JSON document on stdout, or tables for people; notes and progress go to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from shortlist.core.printable import printable, printable_json

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from shortlist.core.notes import Note


def say(text: str, *, err: bool = False) -> None:
    """Print `text` for a person; nothing in it can control the terminal."""
    typer.echo(printable(text), err=err)


def print_json(document: Any) -> None:
    """The document, on stdout; a number that JSON cannot hold is a bug and raises ValueError."""
    typer.echo(printable_json(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)))


def print_notes(notes: Iterable[Note]) -> None:
    """Print notes with their details on stderr, so that stdout stays the result."""
    for note in notes:
        print_remark(note.full)


def print_remark(text: str) -> None:
    """Print one remark of a command on stderr."""
    say(f"note: {text}", err=True)


@contextmanager
def progress_bar(
    label: str, total: int | None = None, quiet: bool = False, *, rate: bool = False
) -> Iterator[Callable[[int], None]]:
    """A callback that takes the number of things just done. Draws on stderr, on a terminal only.

    With `rate`, also how fast they are done.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _done: None
        return
    with _bars(rate) as bars:
        task = bars.add_task(label, total=total)
        yield lambda done: bars.advance(task, done)


@contextmanager
def stage_bars(first: str, quiet: bool = False) -> Iterator[Callable[[str, int], None]]:
    """A callback that takes a stage's name and the number of things it has just done, with one bar a stage.

    What stage `first` has done so far is the total of the others. Draws on stderr, on a terminal only.
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
        """How fast things are done, of late."""

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
