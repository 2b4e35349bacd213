"""An encoder that caches its vectors in a home."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.caches.embeddings import EmbeddingCache


class CachedEncoder:
    """An `Encoder` that caches the vectors of the one that `load` returns in `vectors`, by `version` and text.

    `load` is called when a text is not cached, or for `name` and `dim`. It should return the same encoder every time.
    """

    def __init__(self, load: Callable[[], Encoder], vectors: EmbeddingCache, version: str) -> None:
        self._load = load
        self._vectors = vectors
        self._version = version

    @property
    def name(self) -> str:
        """Name of the encoder."""
        return self._load().name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._load().dim

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """See `Encoder.encode`."""
        shas = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        cached = self._vectors.get_many(self._version, shas)
        missing = {sha: text for sha, text in zip(shas, texts, strict=True) if sha not in cached}
        new = dict(zip(missing, self._load().encode(list(missing.values())), strict=True)) if missing else {}
        self._vectors.put(self._version, new)
        vectors = cached | new
        return np.stack([vectors[sha] for sha in shas]) if shas else np.empty((0, self.dim), dtype=np.float32)
