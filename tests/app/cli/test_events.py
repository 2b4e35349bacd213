"""A reader's events are listed with their ids and can be removed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_events_are_listed_and_removed(here: Callable[..., Any], hashed: Any, small_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(small_home, tmp_path / "home")
    [liked] = here("reader", "events", "list", "ann", "--json", home=home).document["events"]
    assert (liked["item_id"], liked["action"], liked["ignored"]) == ("v01", "like", False)
    assert liked["event_id"] in here("reader", "events", "list", "ann", home=home).stdout
    assert here("reader", "events", "remove", liked["event_id"], "--json", home=home).document == {
        "removed": [liked["event_id"]], "unknown": [],
    }  # fmt: skip
    assert "no events of ann" in here("reader", "events", "list", "ann", home=home).stdout
    assert "has no history" in here("recommend", "ann", home=home).stderr
    again = here("reader", "events", "remove", liked["event_id"], home=home)
    assert again.returncode == 1
    assert "no event has this id" in again.stderr
    here("reader", "events", "list", "anna", home=home).says(2, "unknown reader", "ann")


def test_an_event_that_lies_in_the_future_is_marked(
    here: Callable[..., Any], hashed: Any, small_home: Path, tmp_path: Path
) -> None:
    home, late = shutil.copytree(small_home, tmp_path / "home"), tmp_path / "late.csv"
    late.write_text("user_id,item_id,kind,action,at\nann,v02,video,like,2030-01-01T10:00:00Z\n")
    refused = here("ingest", "events", str(late), home=home)
    assert refused.returncode == 1
    assert "event in the future" in refused.stderr
    taken = here("ingest", "events", str(late), home=home, SHORTLIST_STORE__CLOCK_TOLERANCE_S="1e9")
    assert taken.returncode == 0
    assert "in the future, ignored" in here("reader", "events", "list", "ann", home=home).stdout
    asked = here("recommend", "ann", "-k", "60", "--json", home=home).document["recommendations"]
    assert "v02" in {item["video_id"] for item in asked}


def test_a_home_of_videos_only_has_recommendations_for_me(
    here: Callable[..., Any], hashed: Any, tmp_path: Path
) -> None:
    clips = tmp_path / "clips.jsonl"
    clips.write_text('{"id": "a", "title": "Kettles"}\n{"id": "b", "title": "Trains"}\n')
    home = tmp_path / "home"
    here("ingest", "videos", str(clips), home=home)
    answer = here("recommend", "--json", home=home)
    assert (answer.document["user_id"], len(answer.document["recommendations"])) == ("me", 2)
    assert "for me" in answer.stderr
