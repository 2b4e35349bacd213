"""`shortlist pipeline`: the group of commands."""

from __future__ import annotations

import typer

from shortlist.app.cli.pipeline import arrivals, run, transcribe

app = typer.Typer(no_args_is_help=True, help="Run unattended: arriving files, their checks, training.")

app.command("run")(run.run)
app.command("watch")(run.watch)
app.command("show")(run.show)
app.command("history")(run.history)
app.command("sagemaker")(run.sagemaker)
app.command("arrive")(arrivals.arrive)
app.command("validate")(arrivals.validate)
app.command("ingest")(arrivals.ingest)
app.command("transcribe")(transcribe.transcribe)
app.command("arrivals")(arrivals.arrivals)
app.command("accept")(arrivals.accept)
