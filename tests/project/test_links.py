"""Links between the pages of the repository lead somewhere, the files they name exist, and their lines are short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md")])
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]*))?\)")

NAMED_FILE = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/[\w.-]+\.(?:py|md|toml|yml))`")


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of `page`."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text("utf-8")):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{path} does not exist"
        assert not anchor or anchor in anchors(target), f"{path} has no heading #{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_exist(page: Path) -> None:
    named = NAMED_FILE.findall(page.read_text("utf-8"))
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_are_short(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    assert [line for line in lines if len(line) >= 120 and not line.startswith("|")] == []


def test_the_index_lists_every_page() -> None:
    linked = {path for path, _ in LINK.findall((ROOT / "docs/README.md").read_text("utf-8"))}
    assert {page.name for page in ROOT.glob("docs/*.md")} - {"README.md"} <= linked


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs/decisions"
    linked = {path for path, _ in LINK.findall((folder / "README.md").read_text("utf-8"))}
    assert {page.name for page in folder.glob("0*.md")} <= linked
