"""The registry as a user sees it: states, decisions, rollback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.retrieval.trained.versions import Trained, write_version

Models = Callable[..., Any]


@pytest.fixture
def models(here: Callable[..., Any], tmp_path: Path) -> Models:
    """models(*words): `shortlist models ...` on a home with the versions one and two."""
    for number, name in enumerate(("one", "two")):
        receipt = {
            "at": f"2026-11-2{number}T10:00:00+00:00", "towers": [], "ranker": None, "weights": {"dense": 1.0},
            "data": {"acts": 9, "readers": 3}, "gate": {"why": "better"} if number else None,
        }  # fmt: skip
        write_version(tmp_path / "home", Trained(name, weights={"dense": 1.0}), receipt)
    return lambda *words: here("models", *words, home=tmp_path / "home")


def test_a_version_is_approved_promoted_and_rolled_back(models: Models) -> None:
    assert models("promote").stdout == "in use: none\n"
    assert models("approve", "two").stdout == "two: approved\n"
    assert models("promote").stdout == "in use: two\n"
    assert models("promote", "one").stdout == "in use: one\n"
    models("retire", "one").says(2, "the champion is in use")
    assert models("rollback").stdout == "in use: two\n"
    found = models("history", "--json").document
    assert {name: one["state"] for name, one in found["versions"].items()} == {"one": "retired", "two": "champion"}
    assert [(one["version"], one["state"]) for one in found["history"]] == [
        ("two", "approved"), ("two", "champion"), ("one", "champion"), ("two", "champion"),
    ]  # fmt: skip


def test_the_history_is_readable(models: Models) -> None:
    models("approve", "two")
    assert models("history").stdout.splitlines()[:3] == [
        "2026-11-20T10:00:00+00:00  one  candidate  9 watches of 3 readers  not compared",
        "2026-11-21T10:00:00+00:00  two  approved   9 watches of 3 readers  better",
        "decisions:",
    ]


def test_a_version_that_was_changed_is_refused(models: Models, tmp_path: Path) -> None:
    receipt = tmp_path / "home/trained/versions/two/receipt.json"
    receipt.write_text(receipt.read_text().replace("better", "best"))
    models("approve", "two").says(4, "version two is damaged")
    models("promote", "two").says(4, "receipt.json is not what was written")
