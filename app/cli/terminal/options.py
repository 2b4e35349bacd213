"""The options that all commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeDir = Annotated[Path | None, typer.Option("--home", help="Folder that holds all state.", metavar="DIR")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file of settings.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
