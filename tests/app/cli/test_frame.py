"""The options that all commands share: before or after the name, at a group, and what is missing for a command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shortlist = Callable[..., Any]


@pytest.mark.parametrize(
    "words",
    [
        ("--home", "HERE", "doctor", "cowatch", "--json"), ("doctor", "--home", "HERE", "cowatch", "--json"),
        ("doctor", "cowatch", "--json", "--home", "HERE"),
        ("--home", "/no", "doctor", "cowatch", "--json", "--home", "HERE"),
        ("--home", "/no", "doctor", "--home", "HERE", "cowatch", "--json"),
    ],
    ids=["root", "group", "command", "root and command", "root and group"],
)  # fmt: skip
def test_the_home_is_given_anywhere_and_the_last_place_wins(
    words: tuple[str, ...], here: Shortlist, small_home: Path, tmp_path: Path
) -> None:
    done = here(*(word.replace("HERE", str(small_home)) for word in words), home=tmp_path / "other")
    assert done.document["events"] == 1


def test_settings_are_given_before_the_command_or_after(here: Shortlist, small_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("[retrieval]\ndiversity = 0.25\n")
    for words in (("--config", str(file), "config", "--json"), ("config", "--json", "--config", str(file))):
        assert here(*words, home=small_home).document["retrieval.diversity"]["value"] == 0.25


@pytest.mark.parametrize(
    ("words", "option"), [(("doctor", "--json", "cowatch"), "--json"), (("serve", "--port", "8000", "api"), "--port")]
)
def test_an_option_that_a_subcommand_would_not_see_is_refused(
    words: tuple[str, ...], option: str, here: Shortlist, small_home: Path
) -> None:
    here(*words, home=small_home).says(2, f"{option} before the subcommand", words[-1])


def test_a_missing_extra_is_named(here: Shortlist, small_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)  # as if it was not installed
    monkeypatch.delitem(sys.modules, "shortlist.app.cli.ops.drift", raising=False)
    for name in [name for name in sys.modules if name.startswith("shortlist.ops")]:
        monkeypatch.delitem(sys.modules, name)
    here("ops", "drift", home=small_home).says(3, "polars", "pip install 'shortlist[ops]'")
