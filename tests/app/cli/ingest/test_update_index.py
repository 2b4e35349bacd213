"""Commands that change content merge what is due at their end, and say so; it is never their failure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from shortlist.retrieval.index import index as index_writer
from shortlist.retrieval.index.background_merge import LOCK, MERGED


@pytest.fixture
def home(small_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_home, tmp_path / "home")


@pytest.fixture
def more(tmp_path: Path) -> str:
    rows = [{"id": f"more{at:02}", "title": f"Another {at}", "transcript": "told"} for at in range(40)]
    path = tmp_path / "more.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


@pytest.fixture
def ingest(
    here: Callable[..., Any], hashed: Any, home: Path, more: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Any]:
    monkeypatch.setattr(index_writer, "MAX_COMMIT_ROWS", 20)
    return lambda: here("ingest", "videos", more, home=home)


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
