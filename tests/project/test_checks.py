"""The ways to run the checks agree: `make check`, pre-commit and the workflows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def read_yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def test_pre_commit_runs_the_same_checks_as_make() -> None:
    [listed] = re.findall(r"^check: (.*?)(?: *##.*)?$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    [repo] = read_yaml(".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    assert [hook["entry"] for hook in repo["hooks"]] == [f"make {target}" for target in listed.split()]


def test_every_supported_python_is_tested_and_declared() -> None:
    tested = read_yaml(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    declared = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert tested == declared
    assert f'requires-python = ">={tested[0]}"' in (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", ".ci/run"])
def test_continuous_integration_runs_both_suites_and_the_checks(path: str) -> None:
    ran = re.findall(r"make ([\w-]+)$", (ROOT / path).read_text("utf-8"), re.MULTILINE)
    assert ran[:3] == ["test", "test-integration", "check"]
