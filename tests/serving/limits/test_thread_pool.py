"""A bounded pool of threads."""

from __future__ import annotations

import threading

import anyio
import pytest

from shortlist.serving.limits.llm_queue import QueueFull
from shortlist.serving.limits.thread_pool import WorkerThreads


def test_waiting_for_a_thread_has_a_deadline_and_running_has_none() -> None:
    begun, release = threading.Event(), threading.Event()

    async def ask() -> None:
        threads = WorkerThreads(1, 0.1)
        results: list[bool] = []

        async def first() -> None:
            results.append(await threads.run(lambda: begun.set() or release.wait(120)))  # type: ignore[func-returns-value]

        async with anyio.create_task_group() as group:
            group.start_soon(first)
            while not begun.is_set():
                await anyio.sleep(0.001)
            with pytest.raises(QueueFull, match="wait for a thread") as refused:
                await threads.run(lambda: None)
            assert refused.value.retry_after_s > 0
            release.set()
        assert results == [True]
        assert await threads.run(lambda: "free again") == "free again"

    anyio.run(ask)
