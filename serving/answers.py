"""Answers that were given, kept until their reader or the home changes."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class Answers:
    """The documents last asked for, at most `size`, as text, which is smaller. Safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
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
        text = json.dumps(document)
        with self._lock:
            self._kept[key] = text
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
