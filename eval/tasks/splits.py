"""Split events in time, so that no profile, popularity or co-watch count sees the future."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shortlist.core.errors import RecordError
from shortlist.core.types import Event
from shortlist.eval.data.line_reader import count_with_examples


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """The events before `cut`, and those at `cut` or later; both oldest first.

    The constructor raises `RecordError` if an event is on the wrong side.
    """

    cut: datetime
    known: tuple[Event, ...]
    future: tuple[Event, ...]

    def __post_init__(self) -> None:
        require_known(self.known, self.cut)
        _require(event for event in self.future if event.at < self.cut)


def split_at(events: Iterable[Event], cut: datetime) -> TimeSplit:
    """Split `events` at `cut`, a time with a zone. An event at the cut itself belongs to the future."""
    ordered = sorted(events, key=lambda event: (event.at, event.event_id))
    known = tuple(event for event in ordered if event.at < cut)
    return TimeSplit(cut, known, tuple(ordered[len(known) :]))


def cut_after(events: Sequence[Event], share: float) -> datetime:
    """Return the latest cut with at most `share` (0 to 1) of `events` before it.

    Events of the same time stay together. Raises `RecordError` if one side would be empty.
    """
    times = sorted(event.at for event in events)
    cut = times[int(len(times) * share)] if times and 0 <= share < 1 else None
    if cut is None or cut == times[0]:
        raise RecordError(
            "events cannot be split in time",
            expected=f"events at several times, {share:.0%} of them before the others",
            found=f"{len(times)} events at {len(set(times))} times",
            remedy="add events, or choose another share",
        )
    return cut


def require_known(events: Iterable[Event], cut: datetime) -> None:
    """Raise `RecordError`, with examples, if one of `events` is not before `cut`.

    Call it for all events that a profile, a popularity count or a co-watch table is built from.
    """
    _require(event for event in events if event.at >= cut)


def _require(misplaced: Iterable[Event]) -> None:
    ids = [f"{event.user_id} {event.action} {event.item_id} at {event.at.isoformat()}" for event in misplaced]
    if ids:
        raise RecordError(
            "an event is on the wrong side of the cut",
            expected="only earlier events before the cut, and only later ones after it",
            found=count_with_examples(ids),
            remedy="split the events in time before you use them",
        )
