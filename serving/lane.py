"""Where requests wait for the language model: a fixed number at once, a bounded queue, a deadline for each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from serving.stop import Stop, current

T = TypeVar("T")


class LaneFull(Exception):
    """As many requests wait as may. `retry_after_s` is when to come again."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"full, retry after {retry_after_s:.0f} s")


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class Lane:
    """Runs work that may ask the language model. A request's deadline counts from its arrival, waiting included."""

    def __init__(self, at_once: int, waiting: int, deadline_s: float) -> None:
        self._at_once = at_once
        self._room = at_once + waiting
        self.deadline_s = deadline_s
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="llm")
        self._lock = threading.Lock()
        self._inside = 0
        self._closed = False

    @property
    def running(self) -> int:
        """Requests being worked on; one whose client gave up counts until its last model call has ended."""
        return min(self._inside, self._at_once)

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return self._inside - self.running

    async def run(self, work: Callable[[Stop], T], gone: Callable[[], Awaitable[object]]) -> T:
        """What `work` returns, done in a thread of the lane; `gone` returns when the client has left.

        Raises `LaneFull` at once, `TimeoutError` at the deadline, `ClientGone`, and what `work` raises. Work that is
        given up stops before its next model call.
        """
        stop = Stop(self.deadline_s)
        future = self.submit(work, stop)
        job = asyncio.ensure_future(asyncio.wrap_future(future))
        leaving = asyncio.ensure_future(gone())
        either: set[asyncio.Future[Any]] = {job, leaving}
        try:
            done, _ = await asyncio.wait(either, timeout=stop.left_s, return_when=asyncio.FIRST_COMPLETED)
            if job in done:
                return job.result()
            if leaving in done:
                raise ClientGone
            raise TimeoutError
        finally:
            stop.now()
            leaving.cancel()
            if not future.done():
                future.cancel()  # removes what still waits; what runs ends by itself
                job.cancel()

    def submit(self, work: Callable[[Stop], T], stop: Stop) -> Future[T]:
        """Queue `work`, which runs with `stop` as the current one. Raises `LaneFull`."""
        with self._lock:
            if self._closed or self._inside >= self._room:
                raise LaneFull(self.deadline_s)
            self._inside += 1
        future = self._pool.submit(copy_context().run, _stoppable, work, stop)
        future.add_done_callback(lambda _: self._leave())
        return future

    def close(self) -> None:
        """Take nothing more, drop what waits, and wait for what runs."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1


def _stoppable(work: Callable[[Stop], T], stop: Stop) -> T:
    current.set(stop)
    return work(stop)
