"""The table of importers. An importer knows one kind of file by its content, and reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from shortlist.core.errors import UsageError
from shortlist.core.plugins import Table
from shortlist.ingest.history.acts import Found
from shortlist.ingest.history.text import HEAD_BYTES, Head

RECOGNISED = 0.5  # the least confidence
SURE = 0.8


@dataclass(frozen=True, slots=True)
class Part:
    """A file to import. `name` is its name in the zip or folder, `path` a file that may be read.

    `day_first` says how to read a date such as 11/10/2026, where the file does not settle it.
    """

    name: str
    path: Path
    day_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Importer:
    """One kind of file.

    `recognise(head)` returns the confidence, 0 to 1, that a file with this beginning is of the kind. `read(part)`
    yields its acts, its channels and what is left out, in any order, and raises `UsageError` if it cannot go on.
    """

    label: str
    recognise: Callable[[Head], float]
    read: Callable[[Part], Iterator[Found]]


IMPORTERS: Table[Importer] = Table("importer", "shortlist.ingest.history.services", "shortlist.ingest.history.reading")


def reject_export(path: Path) -> None:
    """Raise `UsageError` that names `shortlist import` if a file is surely an export of another service."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        head = Head(path.name, file.read(HEAD_BYTES), path)
    best = importer_of(head)
    if best is not None and best.recognise(head) >= SURE:
        raise UsageError(
            f"{path}: an export of another service", expected="a table, or media", found=best.label,
            remedy=f"bring it with `shortlist import {quote(str(path))}`",
        )  # fmt: skip


def importer_of(head: Head) -> Importer | None:
    """Return the importer that knows a file with this beginning best, or None."""
    ranked = [(one.recognise(head), one) for one in IMPORTERS.values()]
    confidence, best = max(ranked, key=lambda pair: pair[0])
    return best if confidence >= RECOGNISED else None
