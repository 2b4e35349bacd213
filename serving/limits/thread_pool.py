"""A bounded pool of threads for blocking work, with a limit of the time to wait for a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, fail_after
from anyio.to_thread import run_sync

from shortlist.serving.limits.llm_queue import QueueFull

T = TypeVar("T")
RETRY_S = 5.0


class WorkerThreads:
    """At most `size` threads. Work waits at most `wait_s` seconds for a thread; its run time has no limit."""

    def __init__(self, size: int, wait_s: float) -> None:
        self._limiter = CapacityLimiter(size)
        self._unbounded = CapacityLimiter(float("inf"))
        self._wait_s = wait_s

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread and return its result. Raises `QueueFull` if no thread is free in time."""
        borrower = object()
        try:
            with fail_after(self._wait_s):
                await self._limiter.acquire_on_behalf_of(borrower)
        except TimeoutError:
            raise QueueFull("too many requests wait for a thread", RETRY_S) from None
        try:
            return await run_sync(work, limiter=self._unbounded)
        finally:
            self._limiter.release_on_behalf_of(borrower)
