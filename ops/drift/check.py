"""Judge features on the newest days by the days before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from shortlist.ops.drift.report import DayValue, Finding, Report, State
from shortlist.ops.drift.samples import Sample
from shortlist.ops.drift.spread import MIN_REFERENCE, Distances, Judged, judge

MIN_ROWS = 20  # of a day; days with fewer are left out


@dataclass(frozen=True, slots=True)
class Feature:
    """A sample with what to do if it drifts, and whether training may help."""

    sample: Sample
    advice: str
    retrain: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a check, oldest first: reference days, then recent ones, of which the last is judged."""

    reference: tuple[date, ...]
    recent: tuple[date, ...]

    @classmethod
    def ending(cls, newest: date, reference: int, recent: int) -> Calendar:
        """Return the calendar of so many days whose newest day is `newest`."""
        days = [newest - timedelta(days=back) for back in range(reference + recent - 1, -1, -1)]
        return cls(tuple(days[:reference]), tuple(days[reference:]))

    @property
    def days(self) -> tuple[date, ...]:
        """All days."""
        return (*self.reference, *self.recent)


def check(features: Sequence[Feature], calendar: Calendar, false_alarms: float, at: datetime) -> Report:
    """Judge all features. `false_alarms` is the probability that any of them is over its limit on an equal day.

    It is divided by the number of features (Bonferroni), so that each has a limit of its own that others do not move.
    """
    level = false_alarms / max(1, len(features))
    findings = tuple(_judge(feature, calendar, level) for feature in features)
    span = (calendar.reference[0], calendar.reference[-1])
    return Report(at, calendar.recent[-1], span, level, findings)


def _judge(feature: Feature, calendar: Calendar, level: float) -> Finding:
    sample, rows = feature.sample, feature.sample.rows()
    reference, recent = (
        [day for day in days if rows.get(day, 0) >= MIN_ROWS] for days in (calendar.reference, calendar.recent)
    )
    newest = calendar.recent[-1]
    if len(reference) < MIN_REFERENCE:
        span = f"{calendar.reference[0]} to {calendar.reference[-1]}"
        few = f"{len(reference)} days from {span} have {MIN_ROWS} rows or more, {MIN_REFERENCE} are needed"
        return Finding(sample.name, "unknown", why=few)
    if newest not in recent:
        return Finding(sample.name, "unknown", why=f"{rows.get(newest, 0)} rows on {newest}, {MIN_ROWS} are needed")
    days = [*reference, *recent]
    measured = sample.measure(days, len(reference))
    judged = judge(measured.distances, level)
    over = [day for day, excess in zip(days, judged.excess, strict=True) if excess > 1 and day in recent]
    since = _first_of_last_run(recent, over)
    state: State = "drifting" if newest in over else "passed" if over else "steady"
    shown = days.index(over[-1] if over else newest)
    return Finding(
        feature=sample.name,
        state=state,
        statistic=measured.statistic,
        value=float(judged.value[-1]),
        limit=float(judged.limit[-1]),
        excess=float(judged.excess[-1]),
        psi=_against_nearest(measured.psi, judged),
        kl=_against_nearest(measured.kl, judged),
        since=since,
        change=sample.change(days[shown], [reference[at] for at in judged.nearest[shown]]),
        advice=feature.advice,
        retrain=feature.retrain,
        days=tuple(
            DayValue(
                day, float(judged.value[at]), float(judged.limit[at]), float(judged.excess[at]), at < len(reference)
            )
            for at, day in enumerate(days)
        ),
    )


def _first_of_last_run(recent: Sequence[date], over: Sequence[date]) -> date | None:
    """Return the first of the last days in `over` that follow each other in `recent`, or None."""
    since = None
    for before, day in zip([None, *recent], recent, strict=False):
        if day in over and before not in over:
            since = day
    return since


def _against_nearest(distances: Distances | None, judged: Judged) -> float | None:
    """Return the distance of the newest day from the days most like it, less its floor."""
    if distances is None:
        return None
    return float(np.mean((distances.raw - distances.floor)[-1, judged.nearest[-1]]))
