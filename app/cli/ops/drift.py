"""`shortlist ops drift`: compare the newest day with the days before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import say
from shortlist.core.display import printable
from shortlist.ops.drift.check import check
from shortlist.ops.drift.home_features import calendar_of, home_features
from shortlist.ops.drift.page import drift_page
from shortlist.ops.drift.report import Report, continued, read_report, to_json, write_report
from shortlist.ops.drift.table import HEAD, headline, next_steps, not_judged, steady_line, table_rows
from shortlist.ops.features.build import build
from shortlist.ops.features.open_store import open_store
from shortlist.store.home_files import DRIFT_PAGE
from shortlist.store.permissions import create_private

DRIFTING = 1
SHOWN = ("feature", "state", "since", "times the limit", "what changed")


@command()
def drift(
    call: Call,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 also if something drifts.")] = False,
) -> None:
    """Compare the newest complete day with the days before: what readers chose, new videos, and the lists shown.

    How far a day may be from the days before follows from how far those are from each other. The report is stored in
    the home as drift.json, which the pipeline reads, and drift.html, which has pictures.

    Exits with 0 if nothing drifts, 1 if something does, and 2 if no day is complete. Run it once a day.

    Example: shortlist ops drift
    """
    now = datetime.now(UTC)
    with call.open_home() as store:
        features = open_store(store, call.config)
        build(store, call.config, features, now)
        calendar = calendar_of(features, call.config, now)
        last_event = store.catalogue.events.last_number()
        samples = home_features(store, features, call.config, calendar)
        report = check(samples, calendar, call.config.drift.false_alarms, now)
        report = continued(report, read_report(store.path), last_event)
        write_report(store.path, report)
        page = store.path / DRIFT_PAGE
        create_private(page)
        page.write_text(drift_page(report), encoding="utf-8")
    if call.as_json:
        typer.echo(to_json(report))
    else:
        _show(report)
        say(f"pictures: {page}")
    if report.in_state("drifting") and not exit_zero:
        raise typer.Exit(DRIFTING)


def _show(report: Report) -> None:
    say(headline(report))
    table = Table(*SHOWN, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for row in table_rows(report, "drifting", "passed"):
        cells = dict(zip(HEAD, row, strict=True))
        table.add_row(*(Text(printable(cells[name])) for name in SHOWN))
    if table.rows:
        Console().print(table)
    for line in (*next_steps(report), *steady_line(report), *not_judged(report)):
        say(line)
