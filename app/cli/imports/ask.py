"""What `shortlist import` asks: whether to import, which domains of a browser, and which programs of this machine."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from shortlist.app.cli.terminal.output import say
from shortlist.core.errors import UsageError
from shortlist.ingest.history.page_texts import wanted
from shortlist.ingest.history.read import ALL, History
from shortlist.ingest.history.this_machine import histories
from shortlist.ingest.history.words import quantity

AUTO = "auto"
DOMAINS = f"Domains to import, or {ALL}"


def found_here(asks: bool) -> list[str]:
    """Return the files of the browsers and players on this machine that the user approves.

    Raises `UsageError` if there are none, or none is approved.
    """
    found = list(histories(Path.home()))
    if not found:
        raise UsageError(
            "no browser or player was found", expected="one where it keeps its history", found="none",
            remedy="give the path of its file: docs/import.md says where it is",
        )  # fmt: skip
    if asks:
        check_terminal(False)
        found = [pair for pair in found if typer.confirm(f"Read {pair[0]}, {pair[1]}?", err=True)]
    if not found:
        raise UsageError("nothing to import", expected="a program", found="none", remedy="choose one")
    return [str(path) for _, path in found]


def check_terminal(reads_input: bool) -> None:
    """Raise `UsageError` if nobody can be asked."""
    if reads_input or not sys.stdin.isatty():
        raise UsageError("nobody to ask", expected="--yes", found="no terminal", remedy="add --yes, or --dry-run")


def asked_domains(domains: Mapping[str, int]) -> list[str]:
    """Return the domains that the user names; those without a page are asked for again."""
    while domains:
        names: list[str] = re.findall(r"[^\s,]+", typer.prompt(DOMAINS, default="", show_default=False, err=True))
        wrong = ", ".join(name for name in names if name != ALL and name not in domains)
        if not wrong:
            return names
        say(f"No page of {wrong}.")
    return []


def ask(reader: str, history: History, titles: int, follow: bool, fetch: bool) -> bool:
    """Ask whether to import, and return whether to follow the channels. Raises `Abort` for no."""
    say(f"For reader {reader}. Titles of at most {titles:,} items, the newest, are stored and never recommended.")
    leaves = (
        f"The pages of {len(wanted(history.acts)):,} articles are asked for" if fetch else "Nothing leaves this machine"
    )
    say(f"{leaves}. `shortlist import undo` removes all of it.")
    typer.confirm("Import it?", abort=True, err=True)
    channels = quantity(len(history.channels), "channels")
    return follow or bool(history.channels and typer.confirm(f"Follow the {channels}, too?", err=True))
