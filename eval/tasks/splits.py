"""Splits of events in time: nothing from the future may reach a profile, a popularity count or a co-watch table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shortlist.core.errors import RecordError
from shortlist.core.types import Event
from shortlist.eval.data.line_reader import three_of


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """What was known at `cut`, and what came at that moment or later; both oldest first.

    Raises `RecordError` at construction where an event is on the wrong side.
    """

    cut: datetime
    known: tuple[Event, ...]
    future: tuple[Event, ...]

    def __post_init__(self) -> None:
        require_known(self.known, self.cut)
        _require(event for event in self.future if event.at < self.cut)


def split_at(events: Iterable[Event], cut: datetime) -> TimeSplit:
    """`events` on both sides of `cut` (a time with a zone); an event at the cut itself is not known yet."""
    ordered = sorted(events, key=lambda event: (event.at, event.event_id))
    known = tuple(event for event in ordered if event.at < cut)
    return TimeSplit(cut, known, tuple(ordered[len(known) :]))


def cut_after(events: Sequence[Event], share: float) -> datetime:
    """The latest cut before which at most `share` (0 to 1) of `events` happened.

    Events of one moment are never parted. Raises `RecordError` where that leaves nothing to learn from or nothing to
    predict.
    """
    times = sorted(event.at for event in events)
    cut = times[int(len(times) * share)] if times and 0 <= share < 1 else None
    if cut is None or cut == times[0]:
        raise RecordError(
            "events cannot be split in time",
            expected=f"events of several moments, {share:.0%} of them before the others",
            found=f"{len(times)} events of {len(set(times))} moments",
            remedy="add events, or choose another share",
        )
    return cut


def require_known(events: Iterable[Event], cut: datetime) -> None:
    """Raise `RecordError`, with how many and three of them, where `events` hold any that had not happened before `cut`.

    To be asked of everything that a profile, a popularity count or a co-watch table is about to be made from.
    """
    _require(event for event in events if event.at >= cut)


def _require(misplaced: Iterable[Event]) -> None:
    ids = [f"{event.user_id} {event.action} {event.item_id} at {event.at.isoformat()}" for event in misplaced]
    if ids:
        raise RecordError(
            "an event is on the wrong side of the cut",
            expected="only earlier events known, only later ones predicted",
            found=three_of(ids),
            remedy="split the events in time before anything is made from them",
        )
