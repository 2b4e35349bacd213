"""The parts that the steps of an arrival share, and the last thing that is done with every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from shortlist.core.config import Config
from shortlist.core.types import Event
from shortlist.ingest.media.pipeline import Models
from shortlist.ingest.tables.rows import ParsedRecord
from shortlist.ops.data.inbox import (
    DONE,
    FAILED,
    FILE_KINDS,
    INCOMING,
    PROCESSING,
    FileKind,
    Found,
    Inbox,
    is_unfinished,
)
from shortlist.ops.data.ledger import OPEN, Arrival, Ledger, Outcome
from shortlist.ops.data.validate import References
from shortlist.store.catalogue.rows import from_micros, to_micros
from shortlist.store.home import Home

EVENTS = ".events"  # the suffix of the parsed events of an arrival
FIELDS = tuple(one.name for one in fields(Event))
FOLDERS_OF: dict[Outcome, str] = {"done": DONE, "refused": FAILED, "failed": FAILED, "returned": INCOMING}


@dataclass(frozen=True, slots=True)
class Workplace:
    """A home, the inbox of its files, the ledger of those that were taken, and the models that storing them needs."""

    home: Home
    config: Config
    inbox: Inbox
    ledger: Ledger
    models: Models

    @property
    def processing(self) -> Path:
        """The folder of files that were taken and are not finished."""
        return self.home.path / PROCESSING

    def path(self, kind: FileKind, name: str) -> Path:
        """Return the path of a file in work."""
        return self.processing / kind / name

    def path_of(self, arrival: Arrival) -> Path:
        """Return the path of the file of an unfinished arrival."""
        return self.path(arrival.kind, arrival.name)

    def scratch(self, arrival: Arrival, suffix: str) -> Path:
        """Return the path of a file that belongs to an unfinished arrival, hidden from who looks into the folder."""
        return self.processing / f".{arrival.number}{suffix}"

    def write_verdict(self, arrival: Arrival, left_out: Collection[int], references: References) -> None:
        """Store the numbers of the rows that must not be ingested, and the ids that the others name."""
        verdict = {"left_out": sorted(left_out), "references": references}
        self.scratch(arrival, ".json").write_text(json.dumps(verdict))

    def read_verdict(self, arrival: Arrival) -> tuple[frozenset[int], References]:
        """Return what `write_verdict` stored."""
        verdict = json.loads(self.scratch(arrival, ".json").read_text())
        return frozenset(verdict["left_out"]), verdict["references"]

    def name_of(self, kind: FileKind, path: Path) -> str:
        """Return the name of a file in work, which `path` turns into its path."""
        return path.relative_to(self.processing / kind).as_posix()

    def size(self, arrival: Arrival) -> int:
        """Return the size in bytes of the file of an unfinished arrival, 0 if it is gone."""
        path = self.path_of(arrival)
        return path.stat().st_size if path.exists() else 0

    def is_changed(self, arrival: Arrival, path: Path) -> bool:
        """Return whether the file is another than the one that was taken. It is read again only if it was touched."""
        return stamp(path) != arrival.stamp and digest(path) != arrival.sha256

    def unrecorded(self) -> list[tuple[FileKind, Path]]:
        """Return the files that were taken and are in no record: a run was killed in between."""
        recorded = {self.path_of(arrival) for arrival in self.ledger.in_state(*OPEN)}
        paths = [(kind, path) for kind in FILE_KINDS for path in sorted((self.processing / kind).rglob("*"))]
        return [(kind, path) for kind, path in paths if path not in recorded and _is_whole_file(path)]

    @contextmanager
    def keeping_events(self, arrival: Arrival) -> Iterator[Callable[[int, Event], None]]:
        """Yield a function that stores a parsed event with the number of its row, for the step that ingests it."""
        with self.scratch(arrival, EVENTS).open("w", encoding="utf-8") as file:

            def keep(number: int, event: Event) -> None:
                file.write(f"{json.dumps([number, *_values_of(event)])}\n")

            yield keep

    def kept_events(self, arrival: Arrival, left_out: Collection[int]) -> Iterator[ParsedRecord[Event]]:
        """Yield what `keeping_events` stored, without the rows of the numbers in `left_out`."""
        with self.scratch(arrival, EVENTS).open(encoding="utf-8") as file:
            for line in file:
                number, *values = json.loads(line)
                if number not in left_out:
                    yield ParsedRecord(f"{arrival.name}:{number}", _event_of(values))

    def found(self) -> Iterator[Found]:
        """Yield the files in incoming/ that a run takes: all, or without `pipeline.transcribe` all but media."""
        return (one for one in self.inbox.found() if one.kind != "media" or self.config.pipeline.transcribe)

    def end(self, arrival: Arrival, outcome: Outcome) -> Arrival:
        """Record the outcome, and move the file to the folder that belongs to it."""
        folder = FOLDERS_OF[outcome]
        kept = f"{folder}/{arrival.kind}/{arrival.name}" if outcome == "returned" else arrival.name_in(folder)
        return self.finish(self.ledger.put(replace(arrival, state="finishing", outcome=outcome, kept=kept)))

    def finish(self, arrival: Arrival) -> Arrival:
        """Move the file of an arrival whose outcome is recorded. May be repeated after a kill at any moment."""
        if arrival.outcome is None:
            return arrival
        path = self.path_of(arrival)
        if arrival.outcome in ("refused", "failed"):
            interrupted = arrival.outcome == "failed" and self.scratch(arrival, ".json").exists()
            self.inbox.put(f"{arrival.kept}.why.txt", _reasons(arrival, interrupted=interrupted).encode())
        if path.exists():
            location = self.inbox.keep(path, arrival.kept)
            self.home.catalogue.locations.move(str(path), location)
        if arrival.outcome != "returned":
            self.inbox.clear(Found(arrival.kind, arrival.name, arrival.version))
        for suffix in (".json", ".rows", EVENTS):
            self.scratch(arrival, suffix).unlink(missing_ok=True)
        return self.ledger.put(replace(arrival, state=arrival.outcome))


def _values_of(event: Event) -> list[object]:
    return [to_micros(event.at) if name == "at" else getattr(event, name) for name in FIELDS]


def _event_of(values: list[Any]) -> Event:
    given = dict(zip(FIELDS, values, strict=True))
    return Event(**{**given, "at": from_micros(given["at"])})


def stamp(path: Path) -> str:
    """Return what changes when a file is written: its size, and the time of its last change."""
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def digest(path: Path) -> str:
    """Return the SHA-256 of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and not is_unfinished(path.name)


def _reasons(arrival: Arrival, *, interrupted: bool) -> str:
    stored = "; what came before the error may be stored" if interrupted else ", nothing of it is stored"
    lines = [f"{arrival.name} {'was refused' if arrival.outcome == 'refused' else 'failed'}{stored}:"]
    lines += [f"- {why}" for why in arrival.why]
    if arrival.broken:
        lines += ["", "rows that break each rule:"]
        lines += [f"{number:>9,}  {rule}" for rule, number in arrival.broken.items()]
    lines += ["", f"Correct the file and put it into incoming/{arrival.kind}/ again."]
    if arrival.outcome == "refused":
        lines.append(f"If it is right as it is: shortlist ops pipeline accept {arrival.number}")
    return "\n".join([*lines, ""])
