"""`shortlist`: the table of commands, and the edge where errors become one line and an exit code."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from app.cli import chat, ingest, models, rebuild, recommend, search, simulate, status
from app.cli.options import ConfigFile, HomeDir
from core.errors import ShortlistError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Recommends short videos to people from what they read and watch, with a local LLM, on their own machine.",
    epilog="Example: shortlist recommend user_123 --about 'something about space'",
)
app.add_typer(ingest.app, name="ingest")
app.command("simulate")(simulate.simulate)
app.command("recommend")(recommend.recommend)
app.command("search")(search.search)
app.command("chat")(chat.chat)
app.add_typer(models.app, name="models")
app.command("status")(status.status)
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
    config: ConfigFile = None,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keeps what was given before the command's name for the command itself."""
    context.obj = {"home": home, "config": config}


def run() -> None:
    """The console script. Ours errors end as one line on stderr and the exit code of their class."""
    try:
        app()
    except ShortlistError as error:
        typer.echo(f"shortlist: {' '.join(str(error).split())}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away (`shortlist ... | head`): nothing is wrong, nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
