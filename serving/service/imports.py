"""Import a history that was sent to the server, list imports, and undo one."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shortlist.core.types import ME
from shortlist.ingest.history.read import History, read_history
from shortlist.ingest.history.store import Imported, store_history, undo_import
from shortlist.ingest.history.words import preview_lines, report_lines
from shortlist.serving.service.service import Service

MAX_NAME = 200  # characters of the name of a file


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What to import and for whom. `domains` are those whose pages are taken from a browser."""

    user_id: str = ME
    since: datetime | None = None
    domains: Sequence[str] = ()
    person: str | None = None
    day_first: bool | None = None
    searches: bool = True
    follow: bool = False
    dry_run: bool = False


def file_name(name: str) -> str:
    """Return the last part of the name of a file on another machine, as one on this machine can have it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in last if not unicodedata.category(char).startswith("C")).strip(". ")
    return plain[-MAX_NAME:] or "history"


def import_file(service: Service, path: Path, options: ImportOptions) -> dict[str, Any]:
    """Read a file, store it unless it is a dry run, and return what it has and what was stored.

    Raises `UsageError` for a file of an unknown kind, and `HomeLocked` while another process writes content.
    """
    history = read_history([str(path)], options.since, day_first=options.day_first)
    history.sources = (path.name,)
    if options.person is not None:
        history.keep_person(options.person)
    if not options.searches:
        history.leave_out_searches()
    found: dict[str, Any] = {"found": history.document, "lines": list(preview_lines(history))}
    if options.dry_run:
        return {**found, "imported": None}
    history.choose(options.domains)
    stored = service.write(lambda: _store(service, history, options))
    return {**found, "imported": stored.document, "lines": [*found["lines"], *report_lines(stored)]}


def _store(service: Service, history: History, options: ImportOptions) -> Imported:
    engine = service.engine
    return store_history(
        engine.home, history, options.user_id, engine.encoder, engine.config.ingest, follow=options.follow
    )


def undo(service: Service, number: int) -> dict[str, Any]:
    """Remove what an import stored. Raises `UnknownItem`, and `HomeLocked` while another process writes content."""
    home = service.engine.home
    batch = home.catalogue.imports.get(number)
    events, texts = service.write(lambda: undo_import(home, batch))
    return {"undone": number, "events": events, "titles": texts}
