"""A cache of JSON responses, least recently used first out."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

MAX_BYTES = 64_000_000  # of all documents
MAX_DOCUMENT_BYTES = 100_000  # about a hundred videos


class ResponseCache:
    """Caches at most `size` documents and `max_bytes`, as JSON text, which is smaller than objects. Thread-safe.

    Documents of more than `MAX_DOCUMENT_BYTES` are not cached.
    """

    def __init__(self, size: int, max_bytes: int = MAX_BYTES) -> None:
        self._size = size
        self._free_bytes = max_bytes
        self._texts: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> dict[str, Any] | None:
        """Return the document cached under `key`, or None."""
        with self._lock:
            text = self._texts.get(key)
            if text is None:
                return None
            self._texts.move_to_end(key)
        document: dict[str, Any] = json.loads(text)
        return document

    def put(self, key: Hashable, document: dict[str, Any]) -> None:
        """Cache `document`. The least recently used documents are evicted."""
        text = json.dumps(document)  # ASCII, so its length is its number of bytes
        if len(text) > MAX_DOCUMENT_BYTES:
            return
        with self._lock:
            self._free_bytes += len(self._texts.pop(key, "")) - len(text)
            self._texts[key] = text
            while len(self._texts) > self._size or self._free_bytes < 0:
                _, oldest = self._texts.popitem(last=False)
                self._free_bytes += len(oldest)
