"""A few threads that do one job after another, and that the end of the process does not wait for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple[Future[Any], Callable[[], Any]]


class Hands:
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
