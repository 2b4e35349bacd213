"""The options that all commands share, and functions that turn them into a configuration and a home.

`--home` and `--config` may be given before or after the command's name. After it wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shortlist.app.cli.terminal.output import say
from shortlist.core import log
from shortlist.core.errors import UsageError

if TYPE_CHECKING:
    from shortlist.app.settings import Settings
    from shortlist.core.config import Config
    from shortlist.store.home import Home

HomeDir = Annotated[Path | None, typer.Option("--home", help="Folder that holds all state.", metavar="DIR")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file of settings.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Rerank = Annotated[str, typer.Option("--rerank", help="One of auto, none, yesno, letters, list, student.")]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map", help="A column of yours for one of ours: title='Video Title'. Repeat it.", metavar="OURS=YOURS"
    ),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Show evidence, rank and contribution of each stage, and the cost.")
]
K = Annotated[int, typer.Option("-k", help="How many results.", min=1, max=1000)]


def settings(context: typer.Context, home: Path | None, config: Path | None, **overrides: Any) -> Config:
    """Read the configuration of this command and configure logging.

    `overrides` are settings from the command line, nested by section as in the file.
    """
    chosen = settings_with_origins(context, home, config, **overrides).config
    log.configure(chosen.log_level)
    return chosen


def settings_with_origins(context: typer.Context, home: Path | None, config: Path | None, **overrides: Any) -> Settings:
    """Read the configuration of this command with the origin of every value."""
    from shortlist.app.settings import find_settings

    before = context.find_root().obj or {}
    home = home or before.get("home")
    if home is not None:
        overrides["home"] = home
    return find_settings(config or before.get("config"), overrides)


def mapping_of(pairs: Sequence[str] | None) -> dict[str, str]:
    """Parse the values of `--map`. Raises `UsageError` for one without an equals sign."""
    split = [pair.partition("=") for pair in pairs or ()]
    for ours, equals, yours in split:
        if not (ours and equals and yours):
            found = f"{ours}{equals}{yours}"
            raise UsageError("bad --map", expected="OURS=YOURS", found=found, remedy="--map title='Video Title'")
    return {ours.strip(): yours for ours, _, yours in split}


def check_rerank(method: str) -> None:
    """Raise `UsageError` unless `method` is a value of `--rerank`."""
    from shortlist.core.config import RERANK_CHOICES

    if method not in RERANK_CHOICES:
        expected = f"one of {', '.join(RERANK_CHOICES)}"
        raise UsageError("unknown rerank method", expected=expected, found=repr(method), remedy="correct --rerank")


def open_or_create(config: Config) -> Home:
    """Open the home of `config`, or create it and say so on stderr."""
    from shortlist.engine.build import open_home

    home = open_home(config, create=True)
    if home.created:
        say(f"created a home at {home.location}", err=True)
    return home
