"""`shortlist doctor`: check everything, and name the command that repairs what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.doctor.checkup import checkup
from shortlist.app.doctor.finding import Report


@command()
def doctor(call: Call) -> None:
    """Check the catalogue, Chroma, indexes, weights, language model and disk. Repairs nothing by itself.

    Exits with 4 if the home is broken, with 3 if only a service or model is missing, else with 0.

    Example: shortlist doctor --json
    """
    report = checkup(call.config)
    call.show(report.document, _lines(report))
    raise typer.Exit(report.exit_code)


def _lines(report: Report) -> Iterator[str]:
    for name, finding in report.findings.items():
        yield f"{finding.state:<8} {name:<15} {finding.found}"
        if finding.remedy:
            yield f"{'':<8} {'':<15} -> {finding.remedy}"
