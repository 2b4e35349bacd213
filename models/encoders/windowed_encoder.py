"""What all of our encoders share: tokens, windows, batches sorted by length, the mean over windows."""

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
# Some seven hours of speech; what follows would cost minutes and move the mean by nothing.
MAX_CHARACTERS = 400_000
# Bounds the tokens held at once; texts of one block are sorted by length together.
BLOCK = 1024


class WindowedEncoder(ABC):
    """An `Encoder` over token windows. A text's vector is the normalised mean of its windows' vectors."""

    def __init__(self, folder: Path, config: EncoderConfig) -> None:
        self._name = config.name
        self._batch_size = config.batch_size
        self._max_chunks = config.max_chunks
        self._tokenizer = _load_tokenizer(folder / "tokenizer.json")
        self._pad = self._tokenizer.token_to_id("[PAD]") or 0
        self._head, self._tail = _frame(self._tokenizer, config.name)

    @property
    def name(self) -> str:
        """The name of the weights; the same for every way of running them."""
        return self._name

    @property
    @abstractmethod
    def dim(self) -> int:
        """Length of a vector."""

    @abstractmethod
    def embed(self, ids: np.ndarray, mask: np.ndarray) -> FloatArray:
        """float32[n, dim] for token ids and attention mask, both int64[n, t]."""

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """float32[n, dim], row i for `texts[i]`, every row of unit length."""
        out = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), BLOCK):
            out[start : start + BLOCK] = self._encode_block(texts[start : start + BLOCK])
        return out

    def _encode_block(self, texts: Sequence[str]) -> FloatArray:
        cuts = [self._cut(text) for text in texts]
        flat = [window for cut in cuts for window in cut]
        vectors = np.empty((len(flat), self.dim), dtype=np.float32)
        # Neighbours of like length waste little padding.
        by_length = sorted(range(len(flat)), key=lambda row: len(flat[row]))
        for start in range(0, len(flat), self._batch_size):
            rows = by_length[start : start + self._batch_size]
            vectors[rows] = self.embed(*windows.padded([flat[row] for row in rows], self._pad))
        return windows.pooled(vectors, [len(cut) for cut in cuts])

    def _cut(self, text: str) -> list[list[int]]:
        tokens = self._tokenizer.encode(text[:MAX_CHARACTERS], add_special_tokens=False).ids
        size = WINDOW - len(self._head) - len(self._tail)
        return [[*self._head, *window, *self._tail] for window in windows.cut(tokens, size, self._max_chunks)]


def _frame(tokenizer: Any, name: str) -> tuple[list[int], list[int]]:
    """The special tokens before and after a text. Raises `ModelMissing` where they cannot be told from the text's."""
    bare, framed = (tokenizer.encode(PROBE, add_special_tokens=special).ids for special in (False, True))
    start = next((at for at in range(len(framed)) if bare and framed[at : at + len(bare)] == bare), None)
    if start is None:
        expected, found = "one that puts its special tokens before or after a text", f"{framed} for the tokens {bare}"
        remedy = "choose another encoder.name"
        raise ModelMissing(f"the tokenizer of {name} cannot be used", expected=expected, found=found, remedy=remedy)
    return framed[:start], framed[start + len(bare) :]


def _load_tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer

    if not path.is_file():
        remedy = "point models.paths at the whole folder of the model"
        raise ModelMissing("no tokenizer", expected=str(path), found="nothing there", remedy=remedy)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more exact
        remedy = "pull the model again, or copy its folder anew"
        raise ModelMissing(
            "a damaged tokenizer", expected=f"{path} whole", found=str(error)[:200], remedy=remedy
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
