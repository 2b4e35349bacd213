"""A bounded queue between two stages of threads, which ends when its producers have, or when all is to stop."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

POLL_S = 0.1


class Stopped(Exception):
    """Everything is to stop; whoever puts into a channel learns of it by this."""


class Channel(Generic[T]):
    """Holds at most `size` things, so that a fast stage waits for a slow one and memory stays flat."""

    def __init__(self, size: int, producers: int, stop: threading.Event) -> None:
        self._queue: queue.Queue[T] = queue.Queue(size)
        self._open = producers
        self._counting = threading.Lock()
        self._stop = stop

    def put(self, thing: T) -> None:
        """Hand `thing` on, after waiting for room. Raises `Stopped`."""
        while not self._stop.is_set():
            try:
                self._queue.put(thing, timeout=POLL_S)
            except queue.Full:
                continue
            return
        raise Stopped

    def done(self) -> None:
        """One producer has ended."""
        with self._counting:
            self._open -= 1

    def __iter__(self) -> Iterator[T]:
        """Everything put, until all producers have ended or all is to stop. May be shared by several threads."""
        while not self._stop.is_set():
            last = self._open == 0  # read before the queue: what is put later comes from a producer still there
            try:
                yield self._queue.get(timeout=0 if last else POLL_S)
            except queue.Empty:
                if last:
                    return

    def waiting(self, most: int) -> list[T]:
        """What can be had at once, at most `most` things."""
        found: list[T] = []
        while len(found) < most:
            try:
                found.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return found
