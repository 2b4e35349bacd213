"""A bounded queue before the language model: a fixed number of calls at once, some that wait, a deadline for each.

Both numbers are those of all processes of a server.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Generic, TypeVar

import anyio

from shortlist.core.config import ServeConfig
from shortlist.serving.limits.deadline import Deadline, current
from shortlist.serving.limits.interprocess import SharedLimits

T = TypeVar("T")
Job = tuple[Future[Any], Callable[[], Any]]
Disconnected = Callable[[], Awaitable[object]]
GRACE_S = 5.0  # a chat asks no model after its deadline, so its reply comes within this time or never
STOPPING_RETRY_S = 5.0


class DaemonExecutor:
    """An executor like those of `concurrent.futures`, but a process that ends does not wait for its threads.

    `number` threads start at once.
    """

    def __init__(self, number: int, name: str) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"{name}-{at}", daemon=True) for at in range(number)]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue `work`. The future can be cancelled until the work starts."""
        future: Future[T] = Future()
        self._jobs.put((future, work))
        return future

    def close(self, seconds: float) -> None:
        """Cancel queued work and wait at most `seconds` for running work."""
        for future in self._queued():
            future.cancel()
        for _ in self._threads:
            self._jobs.put(None)
        end = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))

    def _queued(self) -> list[Future[Any]]:
        found = []
        try:
            while (job := self._jobs.get_nowait()) is not None:
                found.append(job[0])
        except Empty:
            pass
        return found

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            _run(*job)


def _run(future: Future[T], work: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001  (the future passes any error on)
        future.set_exception(error)


def _ignore(_running: int, _waiting: int) -> None:
    pass


class QueueFull(Exception):
    """No room in a queue. The message says which; `retry_after_s` is when to ask again."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class ClientGone(Exception):
    """The client has disconnected."""


class QueuedCall(Generic[T]):
    """Work in the queue, until it is done or given up: then it stops before its next model call."""

    def __init__(self, future: Future[T], deadline: Deadline) -> None:
        self._future = future
        self._deadline = deadline

    def result(self, grace_s: float = 0.0) -> T:
        """The result of the work.

        Raises `TimeoutError` `grace_s` after the deadline, `QueueFull` when the queue closes, and what the work raises.
        """
        try:
            return self._future.result(self._deadline.left_s + grace_s)
        except CancelledError:
            raise _stopping() from None
        finally:
            self._give_up()

    async def result_async(self, disconnected: Disconnected = anyio.sleep_forever, grace_s: float = 0.0) -> T:
        """The same on an event loop. Also raises `ClientGone` when `disconnected` returns."""
        job = asyncio.ensure_future(asyncio.wrap_future(self._future))
        leaving = asyncio.ensure_future(disconnected())
        either: set[asyncio.Future[Any]] = {job, leaving}
        try:
            timeout = self._deadline.left_s + grace_s
            done, _ = await asyncio.wait(either, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if job in done:
                if job.cancelled():
                    raise _stopping()
                return job.result()
            raise ClientGone if leaving in done else TimeoutError
        finally:
            leaving.cancel()
            job.cancel()
            self._give_up()

    def _give_up(self) -> None:
        self._deadline.end()
        self._future.cancel()  # running work ends by itself


def _stopping() -> QueueFull:
    return QueueFull("the server is stopping", STOPPING_RETRY_S)


class LlmQueue:
    """Runs work that may ask the language model. A call's deadline counts from its arrival, waiting included."""

    def __init__(
        self, limits: ServeConfig, shared: SharedLimits, changed: Callable[[int, int], None] = _ignore
    ) -> None:
        """`changed` receives the numbers of running and of waiting calls of this process whenever they change."""
        self.deadline_s = limits.deadline_s
        self._shutdown_s = limits.shutdown_s
        self._room = shared.places("model-room", limits.llm_at_once + limits.llm_waiting)
        self._seats = shared.places("model-seat", limits.llm_at_once)
        self._executor = DaemonExecutor(limits.llm_at_once, "llm")
        self._lock = threading.Lock()
        self._running = self._waiting = 0
        self._changed = changed
        self._closed = False

    def submit(self, work: Callable[[Deadline], T]) -> QueuedCall[T]:
        """Queue `work`, which runs in a thread with its deadline as the current one. Raises `QueueFull`."""
        if self._closed:
            raise _stopping()
        place = self._room.take()
        if place is None:
            raise QueueFull("too many requests wait for the language model", self.deadline_s)
        self._count(waiting=1)
        deadline, context = Deadline(self.deadline_s), copy_context()
        future = self._executor.submit(lambda: context.run(self._seated, work, deadline))
        future.add_done_callback(lambda _: place.release())
        future.add_done_callback(lambda done: self._count(waiting=-1) if done.cancelled() else None)
        return QueuedCall(future, deadline)

    def close(self) -> None:
        """Refuse new calls, cancel waiting ones, and wait at most `serve.shutdown_s` for running ones."""
        self._closed = True
        self._executor.close(self._shutdown_s)

    def _seated(self, work: Callable[[Deadline], T], deadline: Deadline) -> T:
        """Run `work` with one of the seats that all processes share; past its deadline without, as it asks nothing."""
        current.set(deadline)
        seat = self._seats.wait(deadline)
        self._count(running=1, waiting=-1)
        try:
            return work(deadline)
        finally:
            self._count(running=-1)
            if seat is not None:
                seat.release()

    def _count(self, running: int = 0, waiting: int = 0) -> None:
        with self._lock:
            self._running += running
            self._waiting += waiting
            self._changed(self._running, self._waiting)
