"""`shortlist ops drift` on a home whose readers change what they watch."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.exposures import Exposure, ShownItem
from shortlist.core.ranking import Request
from shortlist.core.types import Event
from shortlist.store.home import Home

Command = Callable[..., Any]
DAYS = 20
TODAY = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
SETTINGS = {
    "SHORTLIST_DRIFT__REFERENCE_DAYS": "14",
    "SHORTLIST_DRIFT__RECENT_DAYS": "3",
    "SHORTLIST_FEATURES__CLOCK": "event",
}


def watch(home: Path, kinds: dict[int, list[int]]) -> None:
    """Let 40 readers watch one of the sixty videos each day; `kinds` limits days, by how long ago, to every fourth."""
    events, shown = [], []
    for ago in range(1, DAYS):
        at = TODAY - timedelta(days=ago)
        for reader in range(40):
            kind = kinds.get(ago, [0, 1, 2, 3])
            video = f"v{4 * ((reader + ago) * 7 % 15) + kind[reader % len(kind)]:02}"
            events.append(Event(f"u{reader}", video, "video", "view", at, request_id=f"r{ago}-{reader}"))
            items = (ShownItem(video, 1, 0.5, "dense"), ShownItem("v01", 2, 0.4, "bm25"))
            shown.append(Exposure(f"r{ago}-{reader}", at, Request(f"u{reader}"), items, 1, 1, "none", "s"))
    with Home.open(home) as opened:
        opened.catalogue.events.add(events)
        opened.catalogue.exposures.put(shown)


@pytest.fixture
def home(small_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_home, tmp_path / "home")


@pytest.fixture
def drift(here: Command, hashed: Any, home: Path) -> Command:
    return lambda *words: here("ops", "drift", *words, home=home, **SETTINGS)


def test_days_as_before_exit_with_zero_and_json_is_the_stored_report(drift: Command, home: Path) -> None:
    watch(home, {})
    done = drift("--json")
    assert done.returncode == 0, done.stderr
    assert done.document == json.loads((home / "drift.json").read_text())
    states = {one["feature"]: one["state"] for one in done.document["findings"]}
    assert states["answers: legs"] == states["reader: choices_24h"] == states["chosen videos: cells"] == "steady"
    assert states["new videos: MMD"] == "unknown"
    assert "drifting" not in states.values()


@pytest.mark.integration
def test_a_change_exits_with_one_and_says_since_when_and_what_to_do(drift: Command, home: Path) -> None:
    watch(home, {1: [1], 2: [1]})
    done = drift()
    assert done.returncode == 1, done.stderr
    since = (TODAY - timedelta(days=2)).date()
    assert re.search(rf"chosen videos: MMD +drifting +{since} +\d", done.stdout)
    assert "shortlist train all" in done.stdout
    page = home / "drift.html"
    assert f"pictures: {page}" in done.stdout
    assert page.read_text().count("<svg") >= 8
    assert page.stat().st_mode & 0o077 == 0


def test_a_home_without_events_is_told_what_to_do(here: Command, hashed: Any, tmp_path: Path) -> None:
    Home.open(tmp_path / "new", "hash-32", create=True).close()
    here("ops", "drift", home=tmp_path / "new").says(2, "nothing can drift", "features.clock")
