"""A copy of the sample home, opened as a user of the Python API opens it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import shortlist

# The small model is not asked unless its method is named.
SMALL = {"llm": {"provider": "embedded", "model": "smollm2-135m", "threads": 1, "context": 2048}}


@pytest.fixture
def folder(sample_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the sample home as `chroma_db`; it is the current folder, and nothing is configured."""
    shutil.copytree(sample_home, tmp_path / "chroma_db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for section, values in SMALL.items():
        for key, value in values.items():
            monkeypatch.setenv(f"SHORTLIST_{section}__{key}".upper(), str(value))
    return tmp_path


@pytest.fixture
def home(folder: Path) -> Iterator[shortlist.Home]:
    with shortlist.open(folder / "chroma_db") as opened:
        yield opened
