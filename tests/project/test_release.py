"""The version, the changelog and the installed package agree."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADING = re.compile(r"^## (\S+) - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)


def releases() -> list[tuple[str, str]]:
    """(version, date) of every release in the changelog, as listed."""
    return HEADING.findall((ROOT / "CHANGELOG.md").read_text("utf-8"))


def test_the_version_is_the_newest_release_of_the_changelog() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert declared == releases()[0][0]
    assert declared == version("shortlist")


def test_releases_are_listed_newest_first() -> None:
    listed = [(tuple(map(int, number.split("."))), date) for number, date in releases()]
    assert listed == sorted(listed, reverse=True)


def test_the_changelog_has_no_other_headings() -> None:
    headings = re.findall(r"^## .*$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "## Unreleased"
    assert all(HEADING.fullmatch(one) for one in headings[1:])
