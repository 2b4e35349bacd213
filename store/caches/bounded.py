"""A cache in memory with a bounded number and weight of values."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """At most `max_items` values that weigh at most `max_weight` together. Thread-safe.

    The least recently used values are evicted first. A value that is heavier than `max_weight` is not cached.
    """

    def __init__(self, max_items: int, max_weight: int) -> None:
        self._max_items = max_items
        self._max_weight = self._free = max_weight
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return the value of `key`, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, weight: int) -> None:
        """Store the value of `key`, and evict others as necessary."""
        if weight > self._max_weight:
            return
        with self._lock:
            if key in self._values:
                self._free += self._values.pop(key)[1]
            self._values[key] = value, weight
            self._free -= weight
            while len(self._values) > self._max_items or self._free < 0:
                self._free += self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._values.clear()
            self._free = self._max_weight
