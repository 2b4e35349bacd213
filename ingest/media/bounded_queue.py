"""A bounded queue between two stages of threads. It ends with its producers, or when the pipeline is stopped."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

POLL_S = 0.1


class Stopped(Exception):
    """Raised by `put` when the pipeline is stopped."""


class BoundedQueue(Generic[T]):
    """Holds at most `size` elements, so that a fast stage waits for a slow one and memory stays flat."""

    def __init__(self, size: int, producers: int, stop: threading.Event) -> None:
        self._queue: queue.Queue[T] = queue.Queue(size)
        self._producers = producers
        self._lock = threading.Lock()
        self._stop = stop

    def put(self, element: T) -> None:
        """Add `element`, waiting while the queue is full. Raises `Stopped`."""
        while not self._stop.is_set():
            try:
                self._queue.put(element, timeout=POLL_S)
            except queue.Full:
                continue
            return
        raise Stopped

    def producer_done(self) -> None:
        """Record that one producer has ended."""
        with self._lock:
            self._producers -= 1

    def __iter__(self) -> Iterator[T]:
        """Yield elements until all producers have ended or the pipeline is stopped. Several threads may iterate."""
        while not self._stop.is_set():
            last = self._producers == 0  # read before the queue: no producer can add anything after this is true
            try:
                yield self._queue.get(timeout=0 if last else POLL_S)
            except queue.Empty:
                if last:
                    return

    def get_ready(self, limit: int) -> list[T]:
        """Take up to `limit` elements without waiting."""
        ready: list[T] = []
        while len(ready) < limit:
            try:
                ready.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return ready
