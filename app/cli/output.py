"""How results are shown: one JSON document on stdout, or tables for people; notes and progress go to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import typer


def print_json(document: Any) -> None:
    """The document, on stdout; a number that JSON cannot hold is a bug and raises ValueError."""
    typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2))


def print_notes(notes: Iterable[str]) -> None:
    """Notes for the person, on stderr so that stdout stays the result."""
    for note in notes:
        typer.echo(f"note: {note}", err=True)


@contextmanager
def stage_bars(quiet: bool = False) -> Iterator[Callable[[str, int], None]]:
    """A callback that takes a stage's name and the number of things it has just done, with one bar a stage.

    What the first stage to call has done is the total of the others. Draws on stderr, on a terminal only.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _stage, _done: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description:<11}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, Any] = {}

        def advance(stage: str, done: int) -> None:
            if not tasks:
                tasks[stage] = progress.add_task(stage, total=None)
            first = next(iter(tasks))
            listed = progress.tasks[tasks[first]].completed
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=listed)
            progress.advance(tasks[stage], done)
            if stage == first:
                for task in tasks.values():
                    progress.update(task, total=listed + done)

        yield advance


@contextmanager
def progress_bar(
    label: str, total: int | None = None, quiet: bool = False, *, rate: bool = False
) -> Iterator[Callable[[int], None]]:
    """A callback that takes the number of things just done. Draws on stderr, on a terminal only.

    With `rate`, also how many are done a second.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    class _Rate(ProgressColumn):
        """How many are done a second, of late."""

        def render(self, task: Task) -> str:
            return f"{task.speed:,.0f}/s" if task.speed else ""

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *([_Rate()] if rate else []),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.advance(task, done)
