"""Places and rates that processes share."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from filelock import FileLock

from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.limits.interprocess import SharedLimits
from tests.serving.conftest import until


def test_there_are_as_many_places_as_there_are(tmp_path: Path) -> None:
    one, other = SharedLimits(tmp_path).places("seat", 2), SharedLimits(tmp_path).places("seat", 2)
    first, second = one.take(), other.take()
    assert first is not None
    assert second is not None
    assert one.take() is None
    first.release()
    assert other.take() is not None


def test_who_waits_gets_the_place_that_is_given_back(tmp_path: Path) -> None:
    places = SharedLimits(tmp_path).places("seat", 1)
    taken = places.take()
    assert taken is not None
    assert places.wait(Deadline(0.05)) is None
    threading.Timer(0.1, taken.release).start()
    assert places.wait(Deadline(20)) is not None


def test_a_rate_is_one_for_all_and_each_caller_has_its_own(tmp_path: Path) -> None:
    one, other = SharedLimits(tmp_path).rates(0.001), SharedLimits(tmp_path).rates(0.001)
    assert one.take("key") == 0
    assert 900 < other.take("key") <= 1000
    assert other.take("another") == 0


def test_while_another_process_hangs_with_a_bucket_its_caller_is_refused(tmp_path: Path) -> None:
    rates = SharedLimits(tmp_path).rates(1.0)
    assert rates.take("key") == 0
    with FileLock(tmp_path / "rate-key.lock", thread_local=False):
        assert 0 < rates.take("key") < 1
        assert rates.take("another") == 0
    until(lambda: rates.take("key") == 0)


def test_many_threads_of_many_processes_get_no_more_than_the_rate(tmp_path: Path) -> None:
    per_s, granted, seconds = 100.0, [0] * 32, 1.0
    processes = [SharedLimits(tmp_path).rates(per_s) for _ in range(4)]
    began = monotonic()

    def ask(at: int) -> None:
        while monotonic() - began < seconds:
            granted[at] += processes[at % 4].take("key") == 0

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(ask, range(32)))
    assert 2 * per_s <= sum(granted) <= 2 * per_s + per_s * (monotonic() - began)


def test_a_folder_that_was_cleared_away_is_made_again(tmp_path: Path) -> None:
    shared = SharedLimits(tmp_path / "shared")
    assert shared.rates(1.0).take("key") == 0
    shutil.rmtree(shared.folder)
    assert shared.rates(1.0).take("key") == 0
    assert shared.places("seat", 1).take() is not None


def test_a_process_that_is_alone_shares_with_nobody() -> None:
    assert SharedLimits().folder != SharedLimits().folder
    assert SharedLimits().counters is None
