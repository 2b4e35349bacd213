"""The report of a check for drift. It is one JSON file of the home, which triggers and metrics read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from shortlist.core.errors import HomeDamaged
from shortlist.store.home_files import DRIFT_REPORT
from shortlist.store.permissions import create_private

State = Literal["drifting", "passed", "steady", "unknown"]


@dataclass(frozen=True, slots=True)
class DayValue:
    """One day of a feature: its distance from the days most like it, and the limit, in units of the statistic.

    `excess` is the distance as a multiple of the limit, comparable over features; above 1 is drift.
    """

    day: date
    value: float
    limit: float
    excess: float
    is_reference: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """The judgement of one feature.

    `state` is drifting if the newest day is over its limit, passed if only an earlier one is, unknown if there are too
    few rows or days; then `why` says which. `value`, `limit` and `excess` are those of the newest day, or None. The
    floor is subtracted from `value`, `limit`, `psi` and `kl`. `since` is the first day of the drift, and `noticed` the
    number of the newest event when it was found. `change` and `advice` are sentences. `retrain` says whether training
    may help.
    """

    feature: str
    state: State
    statistic: str = ""
    value: float | None = None
    limit: float | None = None
    excess: float | None = None
    psi: float | None = None
    kl: float | None = None
    since: date | None = None
    noticed: int | None = None
    change: str = ""
    advice: str = ""
    retrain: bool = False
    why: str = ""
    days: tuple[DayValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All features on the newest day. `reference` are the first and the last of the days they were compared with."""

    at: datetime
    day: date
    reference: tuple[date, date]
    level: float
    findings: tuple[Finding, ...]

    def in_state(self, state: State) -> list[Finding]:
        """Return the findings in one state, the largest excess first."""
        return sorted((one for one in self.findings if one.state == state), key=lambda one: -(one.excess or 0))

    def to_train_for(self, last_event: int) -> list[Finding]:
        """Return the drifts that were noticed after event `last_event`, and for which training may help."""
        return [one for one in self.in_state("drifting") if one.retrain and (one.noticed or 0) > last_event]


_REPORTS = TypeAdapter(Report)


def continued(report: Report, before: Report | None, last_event: int) -> Report:
    """Return `report` with `since` and `noticed` of drifts that were in the report `before` too.

    Others were noticed when `last_event` was the number of the newest event.
    """
    known = {one.feature: one for one in before.in_state("drifting")} if before else {}
    findings = tuple(_continue(one, known.get(one.feature), last_event) for one in report.findings)
    return replace(report, findings=findings)


def _continue(finding: Finding, before: Finding | None, last_event: int) -> Finding:
    if finding.state != "drifting":
        return finding
    if before is None or before.since is None or finding.since is None:
        return replace(finding, noticed=last_event)
    return replace(finding, since=min(before.since, finding.since), noticed=before.noticed)


def to_json(report: Report) -> str:
    """Return the report as JSON."""
    return _REPORTS.dump_json(report, indent=1).decode()


def write_report(home: Path, report: Report) -> None:
    """Store the report in the folder of a home, in the place of the one before."""
    partial = home / f"{DRIFT_REPORT}.partial"
    create_private(partial)
    partial.write_text(to_json(report), encoding="utf-8")
    partial.replace(home / DRIFT_REPORT)


def read_report(home: Path) -> Report | None:
    """Return the last report of the home at `home`, or None. Raises `HomeDamaged` if it cannot be read."""
    try:
        return _REPORTS.validate_json((home / DRIFT_REPORT).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise HomeDamaged(
            f"the report {home / DRIFT_REPORT} is damaged",
            expected="the report as `shortlist ops drift` wrote it",
            found=f"{error.error_count()} errors, first: {error.errors()[0]['msg']}",
            remedy="delete the file and run `shortlist ops drift` again",
        ) from error
