"""Answers kept until their reader or the home changes."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

MAX_BYTES = 64_000_000  # of all that is kept
LARGEST = 100_000  # bytes of one document, about a hundred videos


class ResponseCache:
    """The documents last asked for, at most `size` and `max_bytes`, as text, which is smaller.

    One of more than `LARGEST` bytes is not kept. Safe to share between threads.
    """

    def __init__(self, size: int, max_bytes: int = MAX_BYTES) -> None:
        self._size = size
        self._left = max_bytes
        self._kept: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: Hashable) -> dict[str, Any] | None:
        """The document kept under `key`."""
        with self._lock:
            text = self._kept.get(key)
            if text is None:
                return None
            self._kept.move_to_end(key)
        document: dict[str, Any] = json.loads(text)
        return document

    def keep(self, key: Hashable, document: dict[str, Any]) -> None:
        """Keep `document`; the one not asked for the longest makes room."""
        text = json.dumps(document)  # in ASCII: a letter is a byte
        if len(text) > LARGEST:
            return
        with self._lock:
            self._left += len(self._kept.pop(key, "")) - len(text)
            self._kept[key] = text
            while len(self._kept) > self._size or self._left < 0:
                _, oldest = self._kept.popitem(last=False)
                self._left += len(oldest)
