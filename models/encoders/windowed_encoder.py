"""Base of the local encoders: tokens, windows, batches sorted by length, the mean over windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shortlist.core.config import EncoderConfig
from shortlist.core.errors import ModelMissing
from shortlist.core.ranking import FloatArray
from shortlist.models.encoders import windows

WINDOW = 256
PROBE = "a"
# About seven hours of speech. More would cost minutes and hardly change the mean.
MAX_CHARACTERS = 400_000
# Texts that are tokenized and sorted by length together; it bounds the tokens in memory.
BLOCK = 1024


class WindowedEncoder(ABC):
    """An `Encoder` over token windows. A text's vector is the normalised mean of its windows' vectors."""

    def __init__(self, folder: Path, config: EncoderConfig) -> None:
        self._name = config.name
        self._batch_size = config.batch_size
        self._max_chunks = config.max_chunks
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        self._pad = self._tokenizer.token_to_id("[PAD]") or 0
        self._prefix, self._suffix = special_tokens(self._tokenizer, config.name)

    @property
    def name(self) -> str:
        """Name of the weights; the same on torch and on ONNX."""
        return self._name

    @property
    @abstractmethod
    def dim(self) -> int:
        """Length of a vector."""

    @abstractmethod
    def embed(self, ids: np.ndarray, mask: np.ndarray) -> FloatArray:
        """Return float32[n, dim] for token ids and attention mask, both int64[n, t]."""

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return float32[n, dim]: row i is the unit vector of `texts[i]`."""
        out = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), BLOCK):
            out[start : start + BLOCK] = self._encode_block(texts[start : start + BLOCK])
        return out

    def _encode_block(self, texts: Sequence[str]) -> FloatArray:
        cuts = [self._cut(text) for text in texts]
        flat = [window for cut in cuts for window in cut]
        vectors = np.empty((len(flat), self.dim), dtype=np.float32)
        # Batches of windows of similar length need little padding.
        by_length = sorted(range(len(flat)), key=lambda row: len(flat[row]))
        for start in range(0, len(flat), self._batch_size):
            rows = by_length[start : start + self._batch_size]
            vectors[rows] = self.embed(*windows.pad([flat[row] for row in rows], self._pad))
        return windows.pool(vectors, [len(cut) for cut in cuts])

    def _cut(self, text: str) -> list[list[int]]:
        tokens = self._tokenizer.encode(text[:MAX_CHARACTERS], add_special_tokens=False).ids
        size = WINDOW - len(self._prefix) - len(self._suffix)
        return [[*self._prefix, *window, *self._suffix] for window in windows.cut(tokens, size, self._max_chunks)]


def special_tokens(tokenizer: Any, name: str) -> tuple[list[int], list[int]]:
    """Return the special tokens before and after a text.

    Raises `ModelMissing` if the tokens of a text do not appear unchanged between them.
    """
    bare, full = (tokenizer.encode(PROBE, add_special_tokens=special).ids for special in (False, True))
    start = next((i for i in range(len(full)) if bare and full[i : i + len(bare)] == bare), None)
    if start is None:
        expected, found = "one that puts its special tokens before or after a text", f"{full} for the tokens {bare}"
        remedy = "choose another encoder.name"
        raise ModelMissing(f"the tokenizer of {name} cannot be used", expected=expected, found=found, remedy=remedy)
    return full[:start], full[start + len(bare) :]


def load_tokenizer(path: Path) -> Any:
    """Load a tokenizer that neither pads nor cuts texts. Raises `ModelMissing` if it is missing or damaged."""
    from tokenizers import Tokenizer

    if not path.is_file():
        remedy = "point models.paths at the whole folder of the model"
        raise ModelMissing("no tokenizer", expected=str(path), found="nothing there", remedy=remedy)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises no narrower type
        remedy = "run `shortlist models pull`, or copy the folder of the model again"
        raise ModelMissing(
            "a damaged tokenizer", expected=f"a tokenizer that loads at {path}", found=str(error)[:200], remedy=remedy
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
