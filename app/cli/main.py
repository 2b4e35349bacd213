"""The console script `shortlist`: its own options, and errors as one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from io import TextIOWrapper
from typing import Annotated, NoReturn, cast

import typer

from shortlist.app.cli.commands import COMMANDS
from shortlist.app.cli.lazy import Root, lazy_commands
from shortlist.app.cli.terminal.options import ConfigFile, HomeDir
from shortlist.core.errors import ShortlistError, StateError, one_line
from shortlist.core.telemetry import TELEMETRY_OFF
from shortlist.core.validation import check_text

app = typer.Typer(
    cls=Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Recommend short videos to people from what they read and watch, with a local LLM on your own machine.",
    epilog="Example: shortlist recommend user_123 --about 'something about space'",
)

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
    no_plugins: Annotated[
        bool, typer.Option("--no-plugins", help="Load no plugin, whatever the configuration says.")
    ] = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Remember the options given before the command's name for the command."""
    if no_plugins:
        os.environ["SHORTLIST_PLUGINS"] = "[]"  # also read by the commands that a pipeline starts
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
        command()(arguments)
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
def command() -> Root:
    """Return the parser of all commands, which is built once a process."""
    root = cast("Root", typer.main.get_command(app))
    root.commands = lazy_commands(COMMANDS)
    return root


def _end(message: str, exit_code: int) -> NoReturn:
    typer.echo(f"shortlist: {one_line(message)}", err=True)
    sys.exit(exit_code)
