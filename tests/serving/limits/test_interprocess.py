"""Semaphores and rate limits that processes share."""

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


def test_a_semaphore_has_a_fixed_number_of_slots(tmp_path: Path) -> None:
    one, other = SharedLimits(tmp_path).semaphore("slots", 2), SharedLimits(tmp_path).semaphore("slots", 2)
    first, second = one.try_acquire(), other.try_acquire()
    assert first is not None
    assert second is not None
    assert one.try_acquire() is None
    first.release()
    assert other.try_acquire() is not None


def test_a_waiting_process_gets_the_slot_that_is_released(tmp_path: Path) -> None:
    semaphore = SharedLimits(tmp_path).semaphore("slots", 1)
    taken = semaphore.try_acquire()
    assert taken is not None
    assert semaphore.acquire(Deadline(0.05)) is None
    threading.Timer(0.1, taken.release).start()
    assert semaphore.acquire(Deadline(20)) is not None


def test_all_processes_share_one_rate_for_each_caller(tmp_path: Path) -> None:
    one, other = SharedLimits(tmp_path).rate_limiter(0.001), SharedLimits(tmp_path).rate_limiter(0.001)
    assert one.take("key") == 0
    assert 900 < other.take("key") <= 1000
    assert other.take("another") == 0


def test_a_caller_is_refused_while_another_process_hangs_with_the_lock(tmp_path: Path) -> None:
    limiter = SharedLimits(tmp_path).rate_limiter(1.0)
    assert limiter.take("key") == 0
    with FileLock(tmp_path / "rate-key.lock", thread_local=False):
        assert 0 < limiter.take("key") < 1
        assert limiter.take("another") == 0
    until(lambda: limiter.take("key") == 0)


def test_many_threads_of_many_processes_get_no_more_than_the_rate(tmp_path: Path) -> None:
    per_s, granted, seconds = 100.0, [0] * 32, 1.0
    processes = [SharedLimits(tmp_path).rate_limiter(per_s) for _ in range(4)]
    began = monotonic()

    def ask(at: int) -> None:
        while monotonic() - began < seconds:
            granted[at] += processes[at % 4].take("key") == 0

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(ask, range(32)))
    assert 2 * per_s <= sum(granted) <= 2 * per_s + per_s * (monotonic() - began)


def test_a_deleted_folder_is_created_again(tmp_path: Path) -> None:
    shared = SharedLimits(tmp_path / "shared")
    assert shared.rate_limiter(1.0).take("key") == 0
    shutil.rmtree(shared.folder)
    assert shared.rate_limiter(1.0).take("key") == 0
    assert shared.semaphore("slots", 1).try_acquire() is not None


def test_a_single_process_has_a_folder_of_its_own() -> None:
    assert SharedLimits().folder != SharedLimits().folder
    assert SharedLimits().counters is None
