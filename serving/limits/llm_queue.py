"""Where requests wait for the language model: a fixed number at once, a bounded queue, a deadline for each.

The number and the queue are those of all processes of a server.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from shortlist.core.config import ServeConfig
from shortlist.serving.limits.deadline import Deadline, current
from shortlist.serving.limits.interprocess import SharedLimits

T = TypeVar("T")
Job = tuple[Future[Any], Callable[[], Any]]
GRACE_S = 5.0  # after its deadline a chat asks no model: its reply comes soon, or never


class DaemonExecutor:
    """Used as an executor of `concurrent.futures`, whose threads a process waits for when it ends, even one that hangs.

    `number` threads begin at once.
    """

    def __init__(self, number: int, name: str) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"{name}-{at}", daemon=True) for at in range(number)]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """What `work` will return or raise; it can be cancelled until it begins."""
        future: Future[T] = Future()
        self._jobs.put((future, work))
        return future

    def close(self, seconds: float) -> None:
        """Cancel what has not begun, and wait at most `seconds` for what runs."""
        for future in self._waiting():
            future.cancel()
        for _ in self._threads:
            self._jobs.put(None)
        end = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))

    def _waiting(self) -> list[Future[Any]]:
        found = []
        try:
            while (job := self._jobs.get_nowait()) is not None:
                found.append(job[0])
        except Empty:
            pass
        return found

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            _do(*job)


def _do(future: Future[T], work: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001  (whoever waits for it is told, whatever it is)
        future.set_exception(error)


def _nobody(_running: int, _waiting: int) -> None:
    pass


class QueueFull(Exception):
    """As many requests wait as may. `retry_after_s` is when to come again."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"full, retry after {retry_after_s:.0f} s")


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class LlmQueue:
    """Runs work that may ask the language model. A request's deadline counts from its arrival, waiting included."""

    def __init__(
        self, limits: ServeConfig, shared: SharedLimits, changed: Callable[[int, int], None] = _nobody
    ) -> None:
        """`changed` is told the requests of this process that are worked on and that wait, whenever they change."""
        self.deadline_s = limits.deadline_s
        self._shutdown_s = limits.shutdown_s
        self._room = shared.places("model-room", limits.llm_at_once + limits.llm_waiting)
        self._seats = shared.places("model-seat", limits.llm_at_once)
        self._hands = DaemonExecutor(limits.llm_at_once, "llm")
        self._lock = threading.Lock()
        self._running = self._waiting = 0
        self._changed = changed
        self._closed = False

    async def run(self, work: Callable[[Deadline], T], gone: Callable[[], Awaitable[object]]) -> T:
        """What `work` returns, done in a thread of the lane; `gone` returns when the client has left.

        Raises `QueueFull` at once, `TimeoutError` at the deadline, `ClientGone`, and what `work` raises. Work that is
        given up stops before its next model call.
        """
        stop = Deadline(self.deadline_s)
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

    def submit(self, work: Callable[[Deadline], T], stop: Deadline) -> Future[T]:
        """Queue `work`, which runs with `stop` as the current one. Raises `QueueFull`."""
        place = None if self._closed else self._room.take()
        if place is None:
            raise QueueFull(self.deadline_s)
        self._count(waiting=1)
        context = copy_context()
        future = self._hands.submit(lambda: context.run(self._seated, work, stop))
        future.add_done_callback(lambda _: place.release())
        future.add_done_callback(lambda done: self._count(waiting=-1) if done.cancelled() else None)
        return future

    def close(self) -> None:
        """Take nothing more, drop what waits, and wait for what runs, at most `serve.shutdown_s`."""
        self._closed = True
        self._hands.close(self._shutdown_s)

    def _seated(self, work: Callable[[Deadline], T], stop: Deadline) -> T:
        """Work once there is a seat: other processes have seats, too. What is late works without, and asks nothing."""
        current.set(stop)
        seat = self._seats.wait(stop)
        self._count(running=1, waiting=-1)
        try:
            return work(stop)
        finally:
            self._count(running=-1)
            if seat is not None:
                seat.release()

    def _count(self, running: int = 0, waiting: int = 0) -> None:
        with self._lock:
            self._running += running
            self._waiting += waiting
            self._changed(self._running, self._waiting)
