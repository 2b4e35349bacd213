from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def explained() -> set[str]:
    cells = re.findall(r"^\|(.*)\|[^|]*\|$", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(word) for cell in cells for word in re.findall(r"[\w-]+", cell)}


def pinned() -> set[str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return names([line for line in lines if not line.startswith("#")])


def test_constraints_are_made_with_every_extra() -> None:
    [listed] = re.findall(r"^EXTRAS := (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert listed.split(",") == sorted(EXTRAS)


@pytest.mark.parametrize("name", sorted(names([*PROJECT["dependencies"], *chain(*EXTRAS.values())])))
def test_a_dependency_is_pinned_and_explained(name: str) -> None:
    assert name in pinned()
    assert name in explained()
