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
def progress_bar(label: str, total: int | None = None, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A callback that takes the number of things just done. Draws on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done: None
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

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.advance(task, done)
