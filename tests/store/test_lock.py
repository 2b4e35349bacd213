"""One writer of content at a time; everything else goes on."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shortlist.core.errors import HomeLocked
from shortlist.core.types import Event, Video
from shortlist.store.home import Home

pytestmark = pytest.mark.in_files
Start = Callable[..., "subprocess.Popen[str]"]

HOLD = """
import sys
from pathlib import Path
from shortlist.store.home import Home
with Home.open(Path(sys.argv[1])) as home, home.writing("ingesting videos"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(start: Start, home: Home) -> subprocess.Popen[str]:
    child = start(HOLD, home.path)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_writer_is_refused_at_once_and_learns_who_writes(home: Home, second_process: Start) -> None:
    child = holder(second_process, home)
    with pytest.raises(HomeLocked) as caught, home.writing():
        pass
    assert f"process {child.pid} (ingesting videos)" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 4


def test_readers_events_chat_and_answers_go_on_meanwhile(home: Home, second_process: Start) -> None:
    holder(second_process, home)
    assert home.catalogue.events.add([Event("ann", "a", "video", "view", datetime(2026, 1, 1, tzinfo=UTC))]) == 1
    home.catalogue.threads.add("t", {"content": "hello"})
    assert home.catalogue.counts().events == 1
    assert home.documents.was_interrupted() is False


def test_the_lock_of_a_dead_process_is_taken_over(home: Home, second_process: Start) -> None:
    child = holder(second_process, home)
    child.kill()
    child.wait()
    with home.writing():
        home.catalogue.videos.put([Video("a", "A")])
    assert home.catalogue.videos.ids() == ["a"]


def test_a_holder_may_hold_again_and_frees_it_at_the_end(home: Home) -> None:
    with home.writing(), home.writing():
        home.catalogue.videos.put([Video("a", "A")])
    with Home.open(home.path) as other, other.writing():
        assert other.catalogue.videos.remove(["a"]) == 1


def test_another_home_object_or_thread_is_another_writer(home: Home) -> None:
    refused: list[Exception] = []

    def try_it() -> None:
        try:
            with home.writing():
                pass
        except HomeLocked as error:
            refused.append(error)

    with home.writing():
        with Home.open(home.path) as other, pytest.raises(HomeLocked), other.writing():
            pass
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_the_lock_is_freed_after_an_error(home: Home) -> None:
    with pytest.raises(ZeroDivisionError), home.writing():
        raise ZeroDivisionError
    with home.writing():
        pass
