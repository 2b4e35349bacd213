"""The command that trains a version again after one of its readers was forgotten."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from shortlist.app.privacy.files import retrain_command
from shortlist.learning.plan import Plan
from shortlist.retrieval.trained import versions


@pytest.mark.parametrize(
    ("plan", "command"),
    [
        (asdict(Plan.of("svd", 3)), "shortlist train svd --seed 3"),
        (asdict(Plan.of("ranker")), "shortlist train ranker"),
        (None, "shortlist train weights"),
    ],
)
def test_the_command_names_what_was_trained(tmp_path: Path, plan: dict[str, Any] | None, command: str) -> None:
    receipt = {"towers": [], "ranker": None, "weights": {"dense": 1.0}, "plan": plan}
    versions.write_version(tmp_path, versions.Trained("mine", weights={"dense": 1.0}), receipt)
    versions.promote(tmp_path, "mine", "test")
    assert retrain_command(tmp_path) is None
    versions.mark_traces(tmp_path)
    assert retrain_command(tmp_path) == command
