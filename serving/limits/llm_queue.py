"""A bounded queue for the language model: a limit of running calls, a limit of waiting calls, and a deadline for each.

Both limits hold for all processes of a server together.
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

from shortlist.core.config_sections.serving import ServeConfig
from shortlist.serving.limits.deadline import Deadline, current_deadline
from shortlist.serving.limits.interprocess import SharedLimits

T = TypeVar("T")
Job = tuple[Future[Any], Callable[[], Any]]
Disconnected = Callable[[], Awaitable[object]]
GRACE_S = 5.0  # a chat calls no model after its deadline, so this is enough time to finish its reply
STOPPING_RETRY_S = 5.0


class DaemonExecutor:
    """A pool of `size` daemon threads, like `ThreadPoolExecutor`, but a process can exit while they run."""

    def __init__(self, size: int, name: str) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"{name}-{at}", daemon=True) for at in range(size)]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue `work`. You can cancel the future until the work starts."""
        future: Future[T] = Future()
        self._jobs.put((future, work))
        return future

    def close(self, seconds: float) -> None:
        """Cancel queued work and wait at most `seconds` for running work."""
        for future in self._drain():
            future.cancel()
        for _ in self._threads:
            self._jobs.put(None)
        end = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))

    def _drain(self) -> list[Future[Any]]:
        futures = []
        try:
            while (job := self._jobs.get_nowait()) is not None:
                futures.append(job[0])
        except Empty:
            pass
        return futures

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
    """The queue that the message names is full; `retry_after_s` is the number of seconds after which to try again."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class ClientGone(Exception):
    """The client has disconnected."""


class QueuedCall(Generic[T]):
    """Work in the queue. If you stop waiting for its result, it stops before its next model call."""

    def __init__(self, future: Future[T], deadline: Deadline) -> None:
        self._future = future
        self._deadline = deadline

    def result(self, grace_s: float = 0.0) -> T:
        """Wait for the result of the work.

        Raises `TimeoutError` `grace_s` seconds after the deadline, `QueueFull` if the queue closes before the work
        starts, and any error of the work.
        """
        try:
            return self._future.result(self._deadline.remaining_s + grace_s)
        except CancelledError:
            raise _stopping() from None
        finally:
            self._abandon()

    async def result_async(self, disconnected: Disconnected = anyio.sleep_forever, grace_s: float = 0.0) -> T:
        """Wait like `result`, on an event loop. Also raises `ClientGone` when `disconnected` returns."""
        job = asyncio.ensure_future(asyncio.wrap_future(self._future))
        client_gone = asyncio.ensure_future(disconnected())
        either: set[asyncio.Future[Any]] = {job, client_gone}
        try:
            timeout = self._deadline.remaining_s + grace_s
            done, _ = await asyncio.wait(either, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if job in done:
                if job.cancelled():
                    raise _stopping()
                return job.result()
            raise ClientGone if client_gone in done else TimeoutError
        finally:
            client_gone.cancel()
            job.cancel()
            self._abandon()

    def _abandon(self) -> None:
        self._deadline.expire()
        self._future.cancel()  # running work ends by itself


def _stopping() -> QueueFull:
    return QueueFull("the server is stopping", STOPPING_RETRY_S)


class LlmQueue:
    """Runs work that may call the language model. The deadline of a call includes the time in which it waits."""

    def __init__(
        self, limits: ServeConfig, shared: SharedLimits, on_change: Callable[[int, int], None] = _ignore
    ) -> None:
        """`on_change` is called with the numbers of running and of waiting calls of this process when they change."""
        self.deadline_s = limits.deadline_s
        self._shutdown_s = limits.shutdown_s
        self._capacity = shared.semaphore("llm-queue", limits.llm_at_once + limits.llm_waiting)
        self._running_slots = shared.semaphore("llm-running", limits.llm_at_once)
        self._executor = DaemonExecutor(limits.llm_at_once, "llm")
        self._lock = threading.Lock()
        self._running = self._waiting = 0
        self._on_change = on_change
        self._closed = False

    def submit(self, work: Callable[[Deadline], T]) -> QueuedCall[T]:
        """Queue `work`, which runs in a thread with its own deadline as `current_deadline`. Raises `QueueFull`."""
        if self._closed:
            raise _stopping()
        slot = self._capacity.try_acquire()
        if slot is None:
            raise QueueFull("too many requests wait for the language model", self.deadline_s)
        self._count(waiting=1)
        deadline, context = Deadline(self.deadline_s), copy_context()
        future = self._executor.submit(lambda: context.run(self._run_in_slot, work, deadline))
        future.add_done_callback(lambda _: slot.release())
        future.add_done_callback(lambda done: self._count(waiting=-1) if done.cancelled() else None)
        return QueuedCall(future, deadline)

    def close(self) -> None:
        """Refuse new calls, cancel waiting ones, and wait at most `serve.shutdown_s` for running ones."""
        self._closed = True
        self._executor.close(self._shutdown_s)

    def _run_in_slot(self, work: Callable[[Deadline], T], deadline: Deadline) -> T:
        """Run `work` in a slot. After the deadline it runs without one, as it can no longer call the model."""
        current_deadline.set(deadline)
        slot = self._running_slots.acquire(deadline)
        self._count(running=1, waiting=-1)
        try:
            return work(deadline)
        finally:
            self._count(running=-1)
            if slot is not None:
                slot.release()

    def _count(self, running: int = 0, waiting: int = 0) -> None:
        with self._lock:
            self._running += running
            self._waiting += waiting
            self._on_change(self._running, self._waiting)
