"""Load a model at its first use, and retry a failed load in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

from shortlist.core.errors import ShortlistError

RETRY_S = 30.0

T = TypeVar("T")


class LazyLoader(Generic[T]):
    """Calls `load` once and caches its result. Thread-safe.

    If `load` raises a `ShortlistError`, calls raise the same error at once. The first call after `retry_s` seconds also
    starts the next attempt in a background thread, as it may download weights for minutes.
    """

    def __init__(self, load: Callable[[], T], retry_s: float = RETRY_S) -> None:
        self._load = load
        self._retry_s = retry_s
        self._lock = threading.Lock()
        self._value: T | None = None
        self._failure: ShortlistError | None = None
        self._retry_at = 0.0

    def __call__(self) -> T:
        """Return the loaded object. Raises the error of the last attempt."""
        if self._value is None and self._failure is None:
            with self._lock:
                self._attempt()
        if self._value is not None:
            return self._value
        self._retry_in_background()
        assert self._failure is not None  # noqa: S101
        raise self._failure.with_traceback(None)  # else every call would lengthen its traceback

    def _retry_in_background(self) -> None:
        if monotonic() >= self._retry_at and self._lock.acquire(blocking=False):
            threading.Thread(target=self._attempt_and_release, daemon=True).start()

    def _attempt_and_release(self) -> None:
        try:
            self._attempt()
        finally:
            self._lock.release()

    def _attempt(self) -> None:
        """Load, unless another thread has just loaded or failed."""
        if self._value is not None or monotonic() < self._retry_at:
            return
        try:
            self._value = self._load()
        except ShortlistError as error:
            self._retry_at = monotonic() + self._retry_s
            self._failure = error
