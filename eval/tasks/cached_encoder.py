"""An encoder that encodes no text twice: what it has encoded stays in the home, for categories and documents alike."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.home import Home


class CachedEncoder:
    """`encoder` in front of the embeddings of `home`, which are cached by its version and the hash of their text."""

    def __init__(self, encoder: Encoder, home: Home) -> None:
        self._encoder = encoder
        self._version = home.encoder
        self._vectors = home.embeddings

    @property
    def name(self) -> str:
        """The name of the encoder behind."""
        return self._encoder.name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._encoder.dim

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """See `Encoder.encode`."""
        shas = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        known = self._vectors.recall(self._version, shas)
        lacking = {sha: text for sha, text in zip(shas, texts, strict=True) if sha not in known}
        fresh = dict(zip(lacking, self._encoder.encode(list(lacking.values())), strict=True)) if lacking else {}
        self._vectors.keep(self._version, fresh)
        found = known | fresh
        return np.stack([found[sha] for sha in shas]) if shas else np.empty((0, self.dim), dtype=np.float32)
