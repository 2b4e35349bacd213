"""Find repeated ids in a source. The last row of each id is stored, and a note says so.

A source is read once before anything is written, to find the last row of each id. Otherwise an older row would be
stored in one batch and replaced in the next, and loading the source again would change the home twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from shortlist.core.notes import Note
from shortlist.ingest.tables.rows import Failure, ParsedRecord


class Identified(Protocol):
    """A record with an id."""

    @property
    def id(self) -> str:
        """The id, unique among records of its kind."""


R = TypeVar("R", bound=Identified)

MAX_SHOWN = 5


@dataclass(slots=True)
class DuplicateIds:
    """The last row of each id of a source, counted from 0, and the ids that came with different texts."""

    last: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    conflicts: dict[str, str] = field(default_factory=dict)

    def notes(self) -> tuple[Note, ...]:
        """Return notes on repeated ids; none if every id is unique."""
        if not self.repeated:
            return ()
        notes = [Note("repeated-ids", f"rows that repeat an id: {self.repeated}; the last row of each id was stored")]
        if self.conflicts:
            shown = _first_few([f"{item_id} (last at {where})" for item_id, where in self.conflicts.items()])
            notes.append(Note("conflicting-texts", f"ids with different texts: {len(self.conflicts)}", shown))
        return tuple(notes)


def id_conflict_notes(event_ids: Sequence[str]) -> tuple[Note, ...]:
    """Return a note on events that were not stored because another event of their reader has their id."""
    if not event_ids:
        return ()
    ids = f"{len(event_ids)} ({_first_few(event_ids)}); give every event of a reader a unique id"
    return (Note("event-id-taken", f"events left out because a different event of their reader has their id: {ids}"),)


def _first_few(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - MAX_SHOWN} more" if len(texts) > MAX_SHOWN else ""
    return ", ".join(texts[:MAX_SHOWN]) + more


def find_duplicates(placed: Iterable[ParsedRecord[R] | Failure], text: Callable[[R], str]) -> DuplicateIds:
    """Read a source to its end. Two records of one id are in conflict if `text` differs."""
    duplicates = DuplicateIds()
    texts: dict[str, bytes] = {}
    for number, entry in enumerate(placed):
        if isinstance(entry, Failure):
            continue
        record_id = entry.record.id
        digest = hashlib.blake2b(text(entry.record).encode(), digest_size=8).digest()
        if record_id in duplicates.last:
            duplicates.repeated += 1
            if texts[record_id] != digest:
                duplicates.conflicts[record_id] = entry.where
        duplicates.last[record_id] = number
        texts[record_id] = digest
    return duplicates


def without_superseded(
    placed: Iterable[ParsedRecord[R] | Failure], duplicates: DuplicateIds
) -> Iterator[ParsedRecord[R] | Failure | None]:
    """Yield the entries of a source with None in place of every row that a later row replaces."""
    for number, entry in enumerate(placed):
        superseded = isinstance(entry, ParsedRecord) and duplicates.last.get(entry.record.id) != number
        yield None if superseded else entry
