"""Vectors of single tokens, by the shipped encoder without its pooling layer, on onnxruntime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shortlist.core.errors import ModelMissing
from shortlist.core.ranking import FloatArray
from shortlist.models.encoders.onnx_encoder import load_session

NETWORK, TOKENIZER = "network.onnx", "tokenizer.json"
MAX_TOKENS = 256

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TokenVectors:
    """The tokens of one text: unit `vectors`, float32[t, d], without special tokens, and the `pooled` unit vector.

    `offsets`, int64[t, 2], are the first character of each token and the one after its last.
    """

    vectors: FloatArray
    pooled: FloatArray
    offsets: Offsets


class TokenNetwork:
    """Encodes texts token by token, one text at a time: a batch of an 8-bit network shares its scale.

    Raises `ModelMissing` if `folder` has no network and tokenizer that load.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self._tokenizer = load_tokenizer(folder / TOKENIZER)
        self._session = load_session(folder / NETWORK, threads)

    def encode(self, text: str) -> TokenVectors:
        """Return the vectors of the first `MAX_TOKENS` tokens of `text`."""
        tokens = self._tokenizer.encode(text)
        given = {"input_ids": tokens.ids, "attention_mask": tokens.attention_mask}
        states = self._session.run(None, {name: np.array([ids], dtype=np.int64) for name, ids in given.items()})[0][0]
        own = np.array(tokens.special_tokens_mask) == 0
        offsets = np.array(tokens.offsets, dtype=np.int64).reshape(-1, 2)
        return TokenVectors(_unit(states[own]), _unit(states.mean(axis=0, keepdims=True))[0], offsets[own])


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def load_tokenizer(path: Path) -> Any:
    """Load the tokenizer in the file `path`, for `MAX_TOKENS` at most. Raises `ModelMissing` if it does not load."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises no narrower type
        raise ModelMissing(
            "the tokenizer of a student does not load", expected=f"a tokenizer at {path}", found=str(error)[:200],
            remedy="make another student with `shortlist train student`",
        ) from error  # fmt: skip
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
