"""Every command line that the README and docs/ show is one that the program takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from shortlist.app.cli.main import command

ROOT = Path(__file__).parents[3]
BLOCK = re.compile(r"^```(?:ba)?sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r"[A-Z_]+=.*")


def shown() -> Iterator[tuple[str, list[str]]]:
    """The lines in blocks of shell, each with its page, without settings and comments."""
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for block in BLOCK.findall(page.read_text("utf-8")):
            for line in re.sub(r"\\?\n +", " ", block).splitlines():
                words = shlex.split(line.partition(" | ")[0], comments=True)
                while words and SETTING.fullmatch(words[0]):
                    words.pop(0)
                if words:
                    yield page.name, words


LINES = list(shown())


def parse(one: Any, arguments: list[str]) -> None:
    """Raises the error that the command would print, and its usage."""
    with one.make_context(one.name, arguments) as context:
        remaining = [*context._protected_args, *context.args]
        if isinstance(context.command, TyperGroup) and remaining:  # `shortlist serve` needs no subcommand
            _, chosen, rest = context.command.resolve_command(context, remaining)
            assert chosen is not None
            parse(chosen, rest)


@pytest.mark.parametrize(
    ("page", "arguments"),
    [pytest.param(page, words[1:], id=" ".join(words)) for page, words in LINES if words[0] == "shortlist"],
)
def test_a_shown_command_is_taken(page: str, arguments: list[str]) -> None:
    parse(command(), arguments)


@pytest.mark.parametrize("words", [words for _, words in LINES if words[0] == "python"], ids=" ".join)
def test_a_shown_benchmark_has_the_options_shown(words: list[str]) -> None:
    assert words[1] == "-m"
    source = (ROOT / f"{words[2].removeprefix('shortlist.').replace('.', '/')}.py").read_text("utf-8")
    assert [option for option in words[3:] if option.startswith("--") and f'"{option}"' not in source] == []


@pytest.mark.parametrize("words", [words for _, words in LINES if words[0] == "make"], ids=" ".join)
def test_a_shown_target_is_made(words: list[str]) -> None:
    assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_the_lines_are_found() -> None:
    assert {"shortlist", "python", "make"} <= {words[0] for _, words in LINES}
