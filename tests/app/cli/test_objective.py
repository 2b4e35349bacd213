"""`shortlist reader objective` as a user calls it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

Shortlist = Callable[..., Any]


def test_an_objective_is_said_in_words_and_one_without_entries_is_said_to_be_empty(
    here: Shortlist, sample_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    nothing = "user_42 has asked for nothing; see --more, --less and --length\n"
    assert here("reader", "objective", "user_42", home=home).stdout == nothing
    said = here("reader", "objective", "user_42", "--less", "sports", "--length", "60", home=home).stdout
    assert said.splitlines() == ["less Sports", "up to 1:00"]
    assert here("reader", "objective", "user_42", "--clear", home=home).stdout == nothing
