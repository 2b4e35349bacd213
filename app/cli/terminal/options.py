"""The options that every command shares, and how they become a configuration.

`--home` and `--config` are understood before and after the command's name; after it wins.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from shortlist.app.settings import load_settings
from shortlist.core import log
from shortlist.core.config import Config

HomeDir = Annotated[Path | None, typer.Option("--home", help="Folder that holds all state.", metavar="DIR")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file of settings.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
K = Annotated[int, typer.Option("-k", help="How many results.", min=1, max=1000)]


def settings(context: typer.Context, home: Path | None, config: Path | None, **overrides: Any) -> Config:
    """The configuration of this invocation, with logging set up as it says.

    `overrides` are settings from the command line, nested by section as in the file.
    """
    before = context.find_root().obj or {}
    home = home or before.get("home")
    if home is not None:
        overrides["home"] = home
    chosen = load_settings(config or before.get("config"), os.environ, overrides)
    log.configure(chosen.log_level)
    return chosen
