"""`shortlist doctor`: check everything, and name the command that repairs what is wrong."""

from __future__ import annotations

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.app.doctor.checkup import checkup


@command()
def doctor(call: Call) -> None:
    """Check the catalogue, Chroma, indexes, weights, language model and disk. Repairs nothing by itself.

    Exits with 4 if the home is broken, with 3 if only a service or model is missing, else with 0.

    Example: shortlist doctor --json
    """
    report = checkup(call.config)
    if call.as_json:
        print_json(report.document)
    else:
        for name, finding in report.findings.items():
            say(f"{finding.state:<8} {name:<15} {finding.found}")
            if finding.remedy:
                say(f"{'':<8} {'':<15} -> {finding.remedy}")
    raise typer.Exit(report.exit_code)
