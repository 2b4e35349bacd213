"""`shortlist`: the table of commands, and the edge where errors become one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer

from shortlist.app.cli import (
    chat,
    config,
    doctor,
    events,
    export,
    keys,
    models,
    rebuild,
    recommend,
    search,
    serve,
    status,
)
from shortlist.app.cli.eval import commands as evaluation
from shortlist.app.cli.ingest import commands as ingest
from shortlist.app.cli.ingest import simulate
from shortlist.app.cli.terminal.options import ConfigFile, HomeDir
from shortlist.core.errors import ShortlistError, StateError, one_line
from shortlist.core.telemetry import TELEMETRY_OFF
from shortlist.core.validation import check_text

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Recommends short videos to people from what they read and watch, with a local LLM, on their own machine.",
    epilog="Example: shortlist recommend user_123 --about 'something about space'",
)
app.add_typer(ingest.app, name="ingest")
app.add_typer(events.app, name="events")
app.command("simulate")(simulate.simulate)
app.command("recommend")(recommend.recommend)
app.command("search")(search.search)
app.command("chat")(chat.chat)
app.command("export")(export.export)
app.add_typer(models.app, name="models")
app.add_typer(evaluation.app, name="eval")
app.add_typer(serve.app, name="serve")
app.add_typer(keys.app, name="keys")
app.command("config")(config.config)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("rebuild")(rebuild.rebuild)

INTERRUPTED = 130


def _show_version(asked: bool) -> None:
    if asked:
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
    """Keeps what was given before the command's name for the command itself."""
    context.obj = {"home": home, "config": config_file}


def run(words: Sequence[str] | None = None) -> None:
    """The console script. Ours errors end as one line on stderr and the exit code of their class."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to stop
    os.environ.update(TELEMETRY_OFF)
    words = sys.argv[1:] if words is None else words
    try:
        for word in words:
            check_text(word, "argument")
        app(words)
    except ShortlistError as error:
        _end(str(error), error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:  # which is what typer makes of Ctrl-C
            raise
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # a thread inside a model's own code does not survive Python's orderly end
    except BrokenPipeError:
        # The reader of our output went away (`shortlist ... | head`): nothing is wrong, nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        refused = f"expected to read and write what was asked, found {error}"
        _end(f"the system refused: {refused}; check the disk and the permissions", StateError.exit_code)


def _end(message: str, exit_code: int) -> NoReturn:
    typer.echo(f"shortlist: {one_line(message)}", err=True)
    sys.exit(exit_code)
