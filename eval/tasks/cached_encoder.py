"""An encoder that caches its vectors in a home, for categories and documents alike."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.home import Home


class CachedEncoder:
    """An `Encoder` that caches the vectors of `encoder` in `home`, by encoder version and hash of the text."""

    def __init__(self, encoder: Encoder, home: Home) -> None:
        self._encoder = encoder
        self._version = home.encoder
        self._vectors = home.embeddings

    @property
    def name(self) -> str:
        """Name of the wrapped encoder."""
        return self._encoder.name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._encoder.dim

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """See `Encoder.encode`."""
        shas = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        cached = self._vectors.get_many(self._version, shas)
        missing = {sha: text for sha, text in zip(shas, texts, strict=True) if sha not in cached}
        new = dict(zip(missing, self._encoder.encode(list(missing.values())), strict=True)) if missing else {}
        self._vectors.put(self._version, new)
        vectors = cached | new
        return np.stack([vectors[sha] for sha in shas]) if shas else np.empty((0, self.dim), dtype=np.float32)
