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


def versions(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text("utf-8").splitlines()
    pins = (line.split(";")[0].strip(" \\").split("==") for line in lines if re.match(r"[\w.-]+==", line))
    return {canonicalize_name(name): version.strip() for name, version in pins}


def test_the_locked_requirements_have_the_constrained_versions_and_hashes() -> None:
    constrained, locked = versions("constraints.txt"), versions("requirements.lock")
    required = names([*PROJECT["dependencies"], *EXTRAS["postgres"], *EXTRAS["s3"], *EXTRAS["serve"]])
    assert required <= locked.keys()
    assert {name: locked[name] for name in locked.keys() & constrained} == {
        name: constrained[name] for name in locked.keys() & constrained
    }
    entries = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ").splitlines()
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("name", sorted(names([*PROJECT["dependencies"], *chain(*EXTRAS.values())])))
def test_a_dependency_is_pinned_and_explained(name: str) -> None:
    assert name in pinned()
    assert name in explained()
