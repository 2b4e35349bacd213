"""A check from samples to the report: states, since when, the stored file, the words and the page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from shortlist.core.errors import HomeDamaged
from shortlist.ops.drift.check import Calendar, Feature, check
from shortlist.ops.drift.page import drift_page
from shortlist.ops.drift.report import Report, continued, read_report, to_json, write_report
from shortlist.ops.drift.samples import Labels
from shortlist.ops.drift.table import HEAD, headline, next_steps, not_judged, steady_line, table_rows

AT = datetime(2026, 11, 27, 3, 15, tzinfo=UTC)
NEWEST = date(2026, 11, 26)
CALENDAR = Calendar.ending(NEWEST, 14, 4)
ADVICE = "run `shortlist train all`"


def report_of(drifted: list[int], rows: int = 1000, days: int = 18, name: str = "chosen: category") -> Report:
    """A report of one feature whose days with these numbers in the calendar have a new label."""
    rng = np.random.default_rng(0)
    by_day = {}
    for n, day in list(enumerate(CALENDAR.days))[-days:]:
        shares = [0.4, 0.3, 0.3] if n in drifted else [0.6, 0.4, 0.0]
        by_day[day] = dict(zip(["news", "sports", "<b>$x$</b>"], rng.multinomial(rows, shares).tolist(), strict=True))
    return check([Feature(Labels(name, by_day), ADVICE, retrain=True)], CALENDAR, 0.01, AT)


def test_the_calendar_ends_with_the_newest_day() -> None:
    assert (CALENDAR.recent[0], CALENDAR.recent[-1]) == (date(2026, 11, 23), NEWEST)
    assert (CALENDAR.reference[0], CALENDAR.reference[-1]) == (date(2026, 11, 9), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("drifted", "state", "since"),
    [
        ([], "steady", None),
        ([17], "drifting", NEWEST),
        ([15, 16, 17], "drifting", date(2026, 11, 24)),
        ([14, 16, 17], "drifting", date(2026, 11, 25)),
        ([15], "passed", date(2026, 11, 24)),
    ],
)
def test_the_newest_day_decides_and_since_is_the_first_day_of_the_last_run(
    drifted: list[int], state: str, since: date | None
) -> None:
    (finding,) = report_of(drifted).findings
    assert (finding.state, finding.since) == (state, since)
    assert (finding.excess or 0) > 1 or state != "drifting"


def test_too_few_days_or_rows_are_said_and_not_judged() -> None:
    few_days = report_of([17], days=10)
    assert headline(few_days) == "2026-11-26: nothing can be judged yet"
    assert not_judged(few_days) == [
        "not judged: chosen: category (6 days from 2026-11-09 to 2026-11-22 have 20 rows or more, 7 are needed)"
    ]
    (finding,) = report_of([17], rows=10).findings
    assert finding.why.startswith("0 days from")


def test_the_table_says_what_changed_and_what_to_do() -> None:
    report = report_of([16, 17])
    assert headline(report) == "2026-11-26: 1 of 1 features drift, compared with 2026-11-09 to 2026-11-22"
    (row,) = table_rows(report, "drifting")
    cells = dict(zip(HEAD, row, strict=True))
    assert row[:3] == ("chosen: category", "drifting", "2026-11-25")
    assert float(cells["times the limit"]) > 1
    assert float(cells["distance"]) > float(cells["limit"])
    assert cells["what changed"].startswith("<b>$x$</b>: 0.0% → 28")
    assert next_steps(report) == [f"chosen: category: {ADVICE}"]
    quiet = report_of([])
    assert next_steps(quiet) == table_rows(quiet, "drifting", "passed") == steady_line(report) == []
    assert re.fullmatch(r"steady: 1 features; the nearest .* chosen: category, at 0\.\d\d of it", *steady_line(quiet))


def test_the_page_shows_each_feature_and_escapes_its_labels() -> None:
    page = drift_page(report_of([16, 17], name="chosen: <i>$x$</i>"))
    assert page.count("<svg") == 2
    assert "&lt;b&gt;$x$&lt;/b&gt;" in page
    assert "<b>$x$" not in page
    assert "<i>" not in page
    assert not any(loads in page for loads in ("<script", "src=", "url(h", "@import"))
    assert page == drift_page(report_of([16, 17], name="chosen: <i>$x$</i>"))


def test_a_stored_report_is_read_as_it_was(tmp_path: Path) -> None:
    assert read_report(tmp_path) is None
    report = report_of([16, 17])
    write_report(tmp_path, report)
    assert read_report(tmp_path) == report
    (tmp_path / "drift.json").write_text(to_json(report)[:100])
    with pytest.raises(HomeDamaged, match=r"delete the file and run `shortlist ops drift` again"):
        read_report(tmp_path)


def test_a_drift_that_goes_on_keeps_its_beginning_and_is_a_reason_to_train_once() -> None:
    first = continued(report_of([14, 15, 16, 17]), None, last_event=100)
    assert first.findings[0].noticed == 100
    assert first.to_train_for(99) == [*first.findings]
    assert first.to_train_for(100) == []
    later = replace(report_of([14, 15, 16, 17]), day=NEWEST + timedelta(days=1))
    before = replace(first, findings=(replace(first.findings[0], since=date(2026, 11, 20)),))
    again = continued(later, before, last_event=200)
    assert (again.findings[0].since, again.findings[0].noticed) == (date(2026, 11, 20), 100)
    gone = continued(report_of([]), again, last_event=300)
    assert gone.findings[0].noticed is None
    assert continued(later, gone, last_event=400).findings[0].noticed == 400


def test_nobody_trains_for_what_training_cannot_help() -> None:
    report = continued(report_of([17]), None, last_event=100)
    assert replace(report, findings=(replace(report.findings[0], retrain=False),)).to_train_for(0) == []
