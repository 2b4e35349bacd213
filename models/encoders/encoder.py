"""The protocol of text encoders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shortlist.core.ranking import FloatArray


class Encoder(Protocol):
    """Turns texts into unit vectors.

    `name` identifies the weights: vectors of encoders with different names are not comparable. `dim` is the length of
    a vector.
    """

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return float32[n, dim]: row i is the unit vector of `texts[i]`; float32[0, dim] for no texts."""
        ...
