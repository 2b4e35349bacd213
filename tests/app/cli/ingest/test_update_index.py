"""Commands that change content run the index merges that are due, and say so. A merge that fails is only a note."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from shortlist.core.types import Video
from shortlist.retrieval.index.background_merge import LOCK, MERGED
from shortlist.retrieval.index.indexer import update_index
from shortlist.store.home import Home


@pytest.fixture
def home(small_home: Path, tmp_path: Path, hashed: Any) -> Path:
    """A home whose index has a second segment, which a commit may not merge."""
    path = shutil.copytree(small_home, tmp_path / "home")
    with Home.open(path, "hash-32") as home:
        with home.writing():
            home.catalogue.videos.put([Video(f"more{at:02}", f"Another {at}") for at in range(40)])
        update_index(home, lambda: hashed, max_commit_rows=20)
    return path


@pytest.fixture
def ingest(here: Callable[..., Any], home: Path, tables: Path) -> Callable[[], Any]:
    """Ingest videos that are stored already."""
    return lambda: here("ingest", "videos", str(tables / "videos.jsonl"), home=home)


def segments(home: Path) -> int:
    entries = json.loads((home / "indexes" / "manifest.json").read_text())["entries"]
    return sum(entry["kind"] == "video" for entry in entries)


def test_an_ingest_merges_what_is_due(ingest: Callable[[], Any], home: Path) -> None:
    done = ingest()
    assert "merging 100 rows of the index" in done.stderr
    assert (done.returncode, segments(home)) == (0, 1)
    assert "merging" not in ingest().stderr


def test_while_another_merges_it_ends_at_once(ingest: Callable[[], Any], home: Path) -> None:
    with FileLock(home / LOCK, thread_local=False):
        done = ingest()
    assert (done.returncode, segments(home)) == (0, 2)
    assert "merging" not in done.stderr


def test_a_merge_that_fails_is_a_note(ingest: Callable[[], Any], home: Path) -> None:
    (home / "indexes" / f"{MERGED}.new").write_text("in the way")
    done = ingest()
    assert (done.returncode, segments(home)) == (0, 2)
    assert "is postponed" in done.stderr
