"""The report in words: one row a feature, and what to do."""

from __future__ import annotations

from shortlist.ops.drift.report import Finding, Report, State

HEAD = ("feature", "state", "since", "times the limit", "what changed", "statistic", "distance", "limit", "PSI", "KL")

LISTED = 4  # names of features in a line


def headline(report: Report) -> str:
    """Return one sentence about the newest day."""
    drifting, judged = report.in_state("drifting"), [one for one in report.findings if one.state != "unknown"]
    if not judged:
        return f"{report.day}: nothing can be judged yet"
    first, last = report.reference
    found = f"{len(drifting)} of {len(judged)} features drift" if drifting else f"no drift in {len(judged)} features"
    return f"{report.day}: {found}, compared with {first} to {last}"


def table_rows(report: Report, *states: State) -> list[tuple[str, ...]]:
    """Return the cells of each feature in one of `states` below `HEAD`, state by state, the farthest first."""
    return [_row(one) for state in states for one in report.in_state(state)]


def steady_line(report: Report) -> list[str]:
    """Return one line about the features that do not drift, if there are any."""
    steady = report.in_state("steady")
    if not steady:
        return []
    nearest = f"the nearest to its limit is {steady[0].feature}, at {_number(steady[0].excess, 2)} of it"
    return [f"steady: {len(steady)} features; {nearest}"]


def not_judged(report: Report) -> list[str]:
    """Return why features cannot be judged, the same reason once."""
    by_reason: dict[str, list[str]] = {}
    for one in report.in_state("unknown"):
        by_reason.setdefault(one.why, []).append(one.feature)
    return [f"not judged: {_listed(features)} ({why})" for why, features in by_reason.items()]


def next_steps(report: Report) -> list[str]:
    """Return what to do about each drift, the same advice once."""
    by_advice: dict[str, list[str]] = {}
    for one in report.in_state("drifting"):
        by_advice.setdefault(one.advice, []).append(one.feature)
    return [f"{', '.join(features)}: {advice}" for advice, features in by_advice.items()]


def _listed(names: list[str]) -> str:
    """Return names in a line, of many the first ones."""
    more = len(names) - LISTED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:LISTED])} and {more} more"


def _row(one: Finding) -> tuple[str, ...]:
    since = str(one.since) if one.since else ""
    highest = max((day.excess for day in one.days if not day.is_reference), default=None)
    excess = highest if one.state == "passed" else one.excess
    numbers = (_number(value) for value in (one.value, one.limit, one.psi, one.kl))
    return (one.feature, one.state, since, _number(excess, 2), one.change, one.statistic, *numbers)


def _number(value: float | None, digits: int = 4) -> str:
    return "" if value is None else f"{max(0.0, value):.{digits}f}"
