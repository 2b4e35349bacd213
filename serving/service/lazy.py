"""Models of a server: loaded once, and where that fails nobody waits for the next attempts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

from shortlist.core.errors import ShortlistError

RETRY_S = 30.0

T = TypeVar("T")


class LazyLoader(Generic[T]):
    """Loads at the first call and keeps what came. Raises as `load`.

    A failure is remembered: calls raise it at once. One that comes `retry_s` later, or more, also starts the next
    attempt, in a thread of its own, as an attempt to download weights may take minutes. Safe to share between threads.
    """

    def __init__(self, load: Callable[[], T], retry_s: float = RETRY_S) -> None:
        self._load = load
        self._retry_s = retry_s
        self._lock = threading.Lock()
        self._value: T | None = None
        self._failure: ShortlistError | None = None
        self._due = 0.0

    def __call__(self) -> T:
        """What was loaded."""
        if self._value is None and self._failure is None:
            with self._lock:
                self._attempt()
        if self._value is not None:
            return self._value
        self._try_again()
        assert self._failure is not None  # noqa: S101
        raise self._failure.with_traceback(None)  # else every call would add to the one before

    def _try_again(self) -> None:
        if monotonic() >= self._due and self._lock.acquire(blocking=False):
            threading.Thread(target=self._attempt_and_release, daemon=True).start()

    def _attempt_and_release(self) -> None:
        try:
            self._attempt()
        finally:
            self._lock.release()

    def _attempt(self) -> None:
        """Load, unless another thread just did so or found that it cannot."""
        if self._value is not None or monotonic() < self._due:
            return
        try:
            self._value = self._load()
        except ShortlistError as error:
            self._due = monotonic() + self._retry_s
            self._failure = error
