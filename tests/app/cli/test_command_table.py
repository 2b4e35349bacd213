"""The table of commands: what `shortlist --help` lists, old names, and that every entry is a command."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.app.cli.commands import COMMANDS, FRONT, MOVED, Entry, walk

Shortlist = Callable[..., Any]
TABLE = dict(walk(COMMANDS))


def test_the_help_has_at_most_twelve_commands_in_front(here: Shortlist, tmp_path: Path) -> None:
    help_of = here("--help", home=tmp_path).stdout
    front, _, groups = help_of.partition("\nCommands:\n")[2].partition("\nGroups:\n")
    listed = re.findall(r"^  (\w+)  ", front, re.MULTILINE)
    assert listed == list(FRONT)
    assert len(listed) <= 12
    assert re.findall(r"^  (\w+)  ", groups, re.MULTILINE) == [name for name in COMMANDS if name not in FRONT]
    assert max(map(len, help_of.splitlines())) <= 80


@pytest.mark.parametrize("words", TABLE, ids=" ".join)
def test_every_entry_has_a_help_that_lists_its_commands(
    words: tuple[str, ...], here: Shortlist, tmp_path: Path
) -> None:
    done = here(*words, "--help", home=tmp_path)
    assert done.returncode == 0
    assert f" {' '.join(words)} " in done.stdout
    assert list(TABLE[words].commands) == re.findall(
        r"^  ([\w-]+)  ", done.stdout.partition("Commands:")[2], re.MULTILINE
    )
    if TABLE[words].function:
        assert "Example: shortlist " in done.stdout


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_an_old_name_prints_the_new_one(old: str, new: str, here: Shortlist, tmp_path: Path) -> None:
    here("--home", str(tmp_path), old, "--json", home=tmp_path).says(2, f"`shortlist {new}`")
    assert tuple(new.split()) in TABLE
    assert old not in COMMANDS


def test_an_unknown_name_is_answered_with_those_that_are_near(here: Shortlist, tmp_path: Path) -> None:
    done = here("serch", "moon", home=tmp_path)
    assert done.returncode == 2
    assert "search" in done.stderr


def test_the_line_of_help_fits_the_terminal() -> None:
    def lines(entry: Entry) -> list[str]:
        return [entry.help, *(line for inner in entry.commands.values() for line in lines(inner))]

    assert [line for entry in COMMANDS.values() for line in lines(entry) if len(line) > 66] == []
