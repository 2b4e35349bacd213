"""`shortlist train` as a user calls it, on the sample home."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from shortlist.app.cli.commands import COMMANDS
from shortlist.learning.plan import MODELS

Shortlist = Callable[..., Any]


@pytest.fixture(scope="module")
def train(sample_home: Path, here: Shortlist, tmp_path_factory: pytest.TempPathFactory) -> Shortlist:
    """Runs `shortlist train ...` with one cache, on a copy of the sample home."""
    folder = tmp_path_factory.mktemp("train")
    shutil.copytree(sample_home, folder / "home")
    return lambda *words: here("train", *words, home=folder / "home", SHORTLIST_EVAL__CACHE=str(folder / "cache"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("all",), "200 readers with two watched videos or more"),
        (("svd", "--data", "simulated:6"), "of 6 readers"),
        (("svd", "--data", "csv:x"), "unknown data set"),
        (("weights", "--data", "events"), "eval tune"),
    ],
)
def test_what_is_missing_is_said_in_one_line(train: Shortlist, words: tuple[str, ...], said: str) -> None:
    train(*words).says(2, said)


def test_each_model_is_a_command(train: Shortlist) -> None:
    assert {*MODELS, "weights", "all", "student"} == COMMANDS["train"].commands.keys()
    assert train("oracle").returncode == 2


def test_one_training_of_a_home_at_a_time(sample_home: Path, here: Shortlist, tmp_path: Path) -> None:
    shutil.copytree(sample_home, tmp_path / "home")
    with FileLock(tmp_path / "home/training.lock"):
        here("train", "svd", home=tmp_path / "home").says(4, "models are being trained already")


@pytest.mark.slow
def test_models_of_a_data_set_are_kept_with_it(train: Shortlist) -> None:
    first = train("svd", "--data", "simulated:300")
    assert first.returncode == 0, first.stderr
    version, _, rest = first.stdout.partition(":")
    assert "svd" in rest
    assert f"SHORTLIST_RETRIEVAL__MODELS={version} shortlist eval run --data simulated:300" in first.stdout
    assert train("svd", "--data", "simulated:300", "--json").document["versions"][0]["version"] == version
