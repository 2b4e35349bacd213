"""Inside a snapshot nothing changes, whoever writes."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shortlist.core.types import Event, Video
from shortlist.store.home import Home

CHANGE = """
import sys
from pathlib import Path
from shortlist.core.types import Video
from shortlist.store.home import Home
with Home.open(Path(sys.argv[1])) as home, home.writing():
    home.catalogue.videos.put([Video("a", "Changed"), Video("b", "New")])
    home.catalogue.videos.remove(["c"])
"""


@pytest.mark.in_files
def test_a_writer_in_another_process_is_not_seen(
    home: Home, second_process: Callable[..., subprocess.Popen[str]]
) -> None:
    with home.writing():
        home.catalogue.videos.put([Video("a", "A"), Video("c", "C")])
    with home.catalogue.snapshot() as revision:
        assert second_process(CHANGE, home.path).wait(60) == 0
        assert revision == home.catalogue.revision() == 1
        assert home.catalogue.videos.get("a").title == "A"
        assert home.catalogue.videos.ids() == ["a", "c"]
        assert home.catalogue.counts().videos == 2
        assert [video.id for _, video in home.catalogue.videos.iterate()] == ["a", "c"]
        assert list(home.catalogue.videos.iterate_removed()) == []
    assert home.catalogue.revision() == 3
    assert home.catalogue.videos.get("a").title == "Changed"


def test_a_snapshot_belongs_to_its_thread(home: Home) -> None:
    seen: list[int] = []
    with home.catalogue.snapshot():
        home.catalogue.events.add([Event("ann", "a", "video", "view", datetime(2026, 1, 1, tzinfo=UTC))])
        thread = threading.Thread(target=lambda: seen.append(home.catalogue.counts().events))
        thread.start()
        thread.join()
        assert home.catalogue.counts().events == 0
        with home.catalogue.snapshot():
            assert home.catalogue.counts().events == 0
        assert home.catalogue.counts().events == 0
    assert seen == [1]
    assert home.catalogue.counts().events == 1


def test_a_long_read_outside_of_a_snapshot_does_not_hold_up_a_writer(home: Home) -> None:
    with home.writing():
        home.catalogue.videos.put([Video(f"v{number:04}", "A") for number in range(1500)])
        reading = home.catalogue.videos.iterate()
        next(reading)
        home.catalogue.videos.put([Video("v0000", "B"), Video("v1499", "B")])
        titles = {video.id: video.title for _, video in reading}
    assert titles["v1499"] == "B"  # moved to the new revision, and met there once
    assert len(titles) == 1500
