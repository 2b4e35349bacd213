"""Ids that come more than once in a source: the last row counts, and the result says so.

A source is read once before anything is written, to learn where each id comes last. Otherwise an older row
would be stored in one batch and replaced in the next, and re-ingesting would change the home twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from shortlist.core.notes import Note
from shortlist.ingest.tables.rows import Failure, ParsedRecord


class Identified(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str:
        """What makes it one of its kind."""


R = TypeVar("R", bound=Identified)

SHOWN = 5


@dataclass(slots=True)
class DuplicateIds:
    """Where each id of a source comes last (rows counted from 0), and which came with different texts."""

    last: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    conflicts: dict[str, str] = field(default_factory=dict)

    def notes(self) -> tuple[Note, ...]:
        """Notes on repeated ids; none when every id comes once."""
        if not self.repeated:
            return ()
        taken = f"rows that repeat an id: {self.repeated}; the last row of each id was taken"
        notes = [Note("repeated-ids", taken)]
        if self.conflicts:
            shown = _shown([f"{item_id} (last at {where})" for item_id, where in self.conflicts.items()])
            notes.append(Note("conflicting-texts", f"ids with different texts: {len(self.conflicts)}", shown))
        return tuple(notes)


def id_conflict_notes(event_ids: Sequence[str]) -> tuple[Note, ...]:
    """A note on events that were not stored, because a different one has their id."""
    if not event_ids:
        return ()
    told = f"{len(event_ids)} ({_shown(event_ids)}); give every event an id of its own"
    return (Note("event-id-taken", f"events left out because a different event has their id: {told}"),)


def _shown(several: Sequence[str]) -> str:
    more = f" and {len(several) - SHOWN} more" if len(several) > SHOWN else ""
    return ", ".join(several[:SHOWN]) + more


def find_duplicates(placed: Iterable[ParsedRecord[R] | Failure], text: Callable[[R], str]) -> DuplicateIds:
    """Read a source to its end; `text` gives what of a record decides whether two of one id differ."""
    found = DuplicateIds()
    texts: dict[str, bytes] = {}
    for number, entry in enumerate(placed):
        if isinstance(entry, Failure):
            continue
        record_id = entry.record.id
        digest = hashlib.blake2b(text(entry.record).encode(), digest_size=8).digest()
        if record_id in found.last:
            found.repeated += 1
            if texts[record_id] != digest:
                found.conflicts[record_id] = entry.where
        found.last[record_id] = number
        texts[record_id] = digest
    return found


def without_superseded(
    placed: Iterable[ParsedRecord[R] | Failure], found: DuplicateIds
) -> Iterator[ParsedRecord[R] | Failure | None]:
    """The same source again, with None in place of every row that a later one replaces."""
    for number, entry in enumerate(placed):
        superseded = isinstance(entry, ParsedRecord) and found.last.get(entry.record.id) != number
        yield None if superseded else entry
