"""`shortlist reader forget` for readers, videos and articles in one call."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def shortlist(here: Command, hashed: Any, small_home: Path, tmp_path: Path) -> Command:
    home = shutil.copytree(small_home, tmp_path / "home")
    return lambda *words: here(*words, home=home)


def test_all_kinds_are_forgotten_at_once(shortlist: Command) -> None:
    done = shortlist("reader", "forget", "ann", "--video", "v02", "--article", "a1", "--yes", "--json").document
    assert [one["erased"].get("videos") for one in done["items"]] == [1, None]
    assert {one["kind"] for one in (*done["readers"], *done["items"])} == {"reader", "video", "article"}
    verified = shortlist("reader", "forget", "--verify", done["file"])
    assert "readers 1, videos 1, articles 1" in verified.stdout


def test_a_forgotten_video_is_in_no_answer(shortlist: Command) -> None:
    said = shortlist("reader", "forget", "--video", "v02", "--yes")
    assert "erased rows of the video: videos 1" in said.stdout
    assert "emptied Chroma" in said.stdout
    assert "the next ingest of them stores a video or an article again" in said.stderr
    listed = shortlist("recommend", "ann", "-k", "60", "--rerank", "none", "--json").document["recommendations"]
    assert "v02" not in {one["video_id"] for one in listed}


def test_a_proof_can_be_repeated(shortlist: Command) -> None:
    shortlist("reader", "forget", "ann", "--yes")
    shortlist("reader", "forget", "ann", "--yes").says(2, "unknown reader")
    proof = shortlist("reader", "forget", "ann", "--prove", "--yes")
    assert (proof.returncode, "nothing of it was erased" in proof.stdout) == (0, True)
    assert proof.stdout.splitlines()[-2] == "proved"
    assert "not searched: the id in other letters" in proof.stderr
    receipt = proof.stdout.splitlines()[-1].removeprefix("receipt: ")
    assert "for: readers 1" in shortlist("reader", "forget", "--verify", receipt).stdout


def test_an_unknown_item_is_refused_before_anything_changes(shortlist: Command) -> None:
    shortlist("reader", "forget", "--video", "v02", "--video", "nothing", "--yes").says(2, "unknown video", "nothing")
    shortlist("reader", "forget", "--article", "v02", "--yes").says(2, "unknown article")
    listed = shortlist("recommend", "ann", "-k", "60", "--rerank", "none", "--json").document["recommendations"]
    assert "v02" in {one["video_id"] for one in listed}
