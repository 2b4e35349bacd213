"""Decide when a run begins, and for which reason. Deliveries in pieces make one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shortlist.ops.data.workplace import Workplace
from shortlist.ops.drift.report import read_report
from shortlist.ops.pipeline.history import History
from shortlist.ops.pipeline.steps import is_unfinished
from shortlist.retrieval.trained.versions import registry

FIRST_PAUSE_S = 60.0  # after a failed run; doubled after each further one
LONGEST_PAUSE_S = 3600.0


def upload(place: Workplace, _history: History) -> str | None:
    """Return a reason if files arrived, or were taken and are not finished."""
    number = sum(1 for _ in place.found())
    if number:
        return f"upload: {number:,} file{'s' if number > 1 else ''}"
    return "unfinished files" if is_unfinished(place) else None


def new_events(place: Workplace, history: History) -> str | None:
    """Return a reason if there are `pipeline.train_after` events since the last training that was tried."""
    tried = history.last_tried("train")
    new = place.home.catalogue.events.last_number() - (tried.events if tried else 0)
    return f"events: {new:,} new" if new >= place.config.pipeline.train_after else None


def approved(place: Workplace, _history: History) -> str | None:
    """Return a reason if a version is approved and not yet in use."""
    name = registry(place.home.path).waiting()
    return f"approved: {name}" if name else None


def drift(place: Workplace, history: History) -> str | None:
    """Return a reason if `shortlist ops drift` found a drift since the last training that was tried, which may help."""
    tried, report = history.last_tried("train"), read_report(place.home.path)
    found = report.to_train_for(tried.events if tried else 0) if report else []
    if not found:
        return None
    since = min(str(one.since) for one in found)
    return f"drift: {found[0].feature}{f' and {len(found) - 1} more' if found[1:] else ''} since {since}"


TRIGGERS: tuple[Callable[[Workplace, History], str | None], ...] = (upload, new_events, approved, drift)


def reason_now(place: Workplace, history: History) -> str | None:
    """Return the first reason to run now, or None."""
    return next((reason for trigger in TRIGGERS if (reason := trigger(place, history)) is not None), None)


@dataclass(slots=True)
class Debounce:
    """Let a reason pass when it has not changed for `quiet_s` seconds, or was there for `longest_s` in all.

    After a failed run nothing passes for a minute, after a second one for two, and so on up to an hour.
    """

    quiet_s: float
    longest_s: float
    _reason: str | None = None
    _since: float = 0.0
    _changed: float = 0.0
    _failures: int = 0
    _paused_until: float = float("-inf")

    def passes(self, reason: str | None, now: float) -> bool:
        """Return whether a run begins for `reason` at `now`, in seconds of any clock."""
        if reason is None or now < self._paused_until:
            self._reason = None
            return False
        if self._reason is None:
            self._since = now
        if reason != self._reason:
            self._reason, self._changed = reason, now
        if now - self._changed < self.quiet_s and now - self._since < self.longest_s:
            return False
        self._reason = None
        return True

    def ended(self, *, failed: bool, now: float) -> None:
        """Take note of the end of a run."""
        self._failures = self._failures + 1 if failed else 0
        if failed:
            self._paused_until = now + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (self._failures - 1))
