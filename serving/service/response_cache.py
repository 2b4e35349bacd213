"""A cache of JSON responses, least recently used first out."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

from shortlist.store.caches.bounded import BoundedCache

MAX_BYTES = 64_000_000  # of all documents
MAX_DOCUMENT_BYTES = 100_000  # about a hundred videos


class ResponseCache:
    """Caches at most `size` documents and `max_bytes`, as JSON text, which is smaller than objects. Thread-safe.

    Documents of more than `MAX_DOCUMENT_BYTES` are not cached.
    """

    def __init__(self, size: int, max_bytes: int = MAX_BYTES) -> None:
        self._texts: BoundedCache[Hashable, str] = BoundedCache(size, max_bytes)

    def get(self, key: Hashable) -> dict[str, Any] | None:
        """Return the document cached under `key`, or None."""
        text = self._texts.get(key)
        if text is None:
            return None
        document: dict[str, Any] = json.loads(text)
        return document

    def put(self, key: Hashable, document: dict[str, Any]) -> None:
        """Cache `document`. The least recently used documents are evicted."""
        text = json.dumps(document)  # ASCII, so its length is its number of bytes
        if len(text) <= MAX_DOCUMENT_BYTES:
            self._texts.put(key, text, len(text))
