"""The table of importers. An importer knows one kind of file by its content, and reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shortlist.core.plugins import Table
from shortlist.ingest.history.acts import Found
from shortlist.ingest.history.text import Head

RECOGNISED = 0.5  # the least confidence


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


def importer_of(head: Head) -> Importer | None:
    """Return the importer that knows a file with this beginning best, or None."""
    ranked = [(one.recognise(head), one) for one in IMPORTERS.values()]
    confidence, best = max(ranked, key=lambda pair: pair[0])
    return best if confidence >= RECOGNISED else None
