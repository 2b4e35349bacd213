"""The console script `shortlist`: the table of commands, and errors as one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from io import TextIOWrapper
from typing import Annotated, Any, NoReturn

import typer

from shortlist.app.cli import (
    chat,
    config,
    cost,
    distil,
    events,
    experiment,
    export,
    keys,
    models,
    recommend,
    search,
    serve,
    train,
)
from shortlist.app.cli.eval import commands as evaluation
from shortlist.app.cli.home import backup, cowatch, doctor, publish, rebuild, status
from shortlist.app.cli.ingest import commands as ingest
from shortlist.app.cli.ingest import simulate
from shortlist.app.cli.pipeline import commands as pipeline
from shortlist.app.cli.pipeline import drift, features
from shortlist.app.cli.reader import forget, objective, replay, what_if
from shortlist.app.cli.terminal.options import ConfigFile, HomeDir
from shortlist.core.errors import ShortlistError, StateError, one_line
from shortlist.core.telemetry import TELEMETRY_OFF
from shortlist.core.validation import check_text

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Recommend short videos to people from what they read and watch, with a local LLM on your own machine.",
    epilog="Example: shortlist recommend user_123 --about 'something about space'",
)
app.add_typer(ingest.app, name="ingest")
app.add_typer(events.app, name="events")
app.command("simulate")(simulate.simulate)
app.command("recommend")(recommend.recommend)
app.command("whatif")(what_if.whatif)
app.command("objective")(objective.objective)
app.command("replay")(replay.replay)
app.command("search")(search.search)
app.command("chat")(chat.chat)
app.command("export")(export.export)
app.command("train")(train.train)
app.command("distil")(distil.distil)
app.command("drift")(drift.drift)
app.add_typer(pipeline.app, name="pipeline")
app.add_typer(features.app, name="features")
app.add_typer(experiment.app, name="experiment")
app.add_typer(models.app, name="models")
app.add_typer(evaluation.app, name="eval")
app.add_typer(serve.app, name="serve")
app.add_typer(keys.app, name="keys")
app.command("config")(config.config)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("rebuild")(rebuild.rebuild)
app.command("cowatch")(cowatch.cowatch)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("publish")(publish.publish)
app.command("forget")(forget.forget)
app.command("export-reader")(forget.export_reader)
app.command("cost")(cost.cost)

INTERRUPTED = 130


def _show_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version

        typer.echo(f"shortlist {version('shortlist')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: HomeDir = None,
    config_file: ConfigFile = None,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Remember the options given before the command's name for the command."""
    context.obj = {"home": home, "config": config_file}


def run(arguments: Sequence[str] | None = None) -> None:
    """Run a command. A Shortlist error ends as one line on stderr and the exit code of its class."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # escape characters that the terminal cannot show
    os.environ.update(TELEMETRY_OFF)
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        for argument in arguments:
            check_text(argument, "argument")
        _command()(arguments)
    except ShortlistError as error:
        _end(str(error), error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:  # typer turns Ctrl-C into this code
            raise
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # a thread in a model's native code may crash in Python's normal shutdown
    except BrokenPipeError:
        # The program that read our output has ended (`shortlist ... | head`). This is not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        problem = f"the system refused: expected to read and write files, found {error}"
        _end(f"{problem}; check the disk and the permissions", StateError.exit_code)


@cache
def _command() -> Callable[..., Any]:
    """Build the parser of all commands once a process: Typer inspects every function again at every call."""
    return typer.main.get_command(app)


def _end(message: str, exit_code: int) -> NoReturn:
    typer.echo(f"shortlist: {one_line(message)}", err=True)
    sys.exit(exit_code)
