"""A learned sparse encoder: a text as weighted words, also of words that it does not have. In numpy, without torch.

T. Formal, B. Piwowarski and S. Clinchant, SPLADE: Sparse Lexical and Expansion Model for First Stage Ranking, SIGIR
2021: a BERT predicts at each token the words that could stand there. The weight of a word is log(1 + relu(x)) of its
largest prediction x.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shortlist.core.errors import ModelMissing
from shortlist.core.ranking import FloatArray
from shortlist.models.encoders import windows
from shortlist.models.encoders.windowed_encoder import MAX_CHARACTERS, WINDOW, load_tokenizer, special_tokens

STEP = 1 / 256  # of the weights: a rounded weight moves no score by more than the scores of paraphrases differ
IMPACT = np.dtype([("term", "<u2"), ("weight", "<u2")])  # a number of the vocabulary, and a weight in steps
Impacts = npt.NDArray[np.void]  # of the dtype IMPACT, ascending by term
CONTINUES = "##"  # before the pieces of the vocabulary that are not the start of a word


class WeightedTerm(NamedTuple):
    """A term of the vocabulary: its number, the word or piece of a word, and its weight, above 0."""

    number: int
    word: str
    weight: float


class SparseEncoder:
    """Runs the BERT with a head of words whose weights are in `folder`. Raises `ModelMissing` if they do not load.

    A text is cut into windows of 256 tokens, at most `max_windows`, sampled evenly. A term's weight is the largest of
    any window.
    """

    def __init__(self, folder: Path, max_windows: int) -> None:
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        self._around = special_tokens(self._tokenizer, folder.name)
        self._network = _load(folder)
        self._max_windows = max_windows

    def encode(self, texts: Sequence[str]) -> list[Impacts]:
        """Return the terms of each text with their weights, the ones that the rounding leaves."""
        return [self._encode(text) for text in texts]

    def terms(self, text: str) -> tuple[WeightedTerm, ...]:
        """Return the terms of `text` in words, heaviest first."""
        ordered = np.sort(self._encode(text), order="weight")[::-1]
        pairs = zip(ordered["term"].tolist(), ordered["weight"].tolist(), strict=True)
        return tuple(WeightedTerm(term, self._tokenizer.id_to_token(term), weight * STEP) for term, weight in pairs)

    def _encode(self, text: str) -> Impacts:
        prefix, suffix = self._around
        tokens = self._tokenizer.encode(text[:MAX_CHARACTERS], add_special_tokens=False).ids
        cut = windows.cut(tokens, WINDOW - len(prefix) - len(suffix), self._max_windows)
        each = [self._network.predictions([*prefix, *window, *suffix]) for window in cut]
        best = np.max(each, axis=0)
        likely = np.flatnonzero(best > 0)
        impacts = np.empty(len(likely), dtype=IMPACT)
        impacts["term"], impacts["weight"] = likely, np.rint(np.log1p(best[likely]) / STEP)
        return impacts[impacts["weight"] > 0]


class _Network:
    """The layers of a BERT with a head of words, for one text at a time."""

    def __init__(self, weights: Mapping[str, FloatArray], heads: int) -> None:
        self._weights = weights
        self._heads = heads

    def predictions(self, tokens: Sequence[int]) -> FloatArray:
        """Return float32[vocabulary]: the largest prediction of each term at any of the `tokens`."""
        weights, embeddings = self._weights, "bert.embeddings"
        state = self._words[list(tokens)] + weights[f"{embeddings}.position_embeddings.weight"][: len(tokens)]
        state = self._normalised(state + weights[f"{embeddings}.token_type_embeddings.weight"][0], embeddings)
        for layer in range(self._layers):
            state = self._layer(state, f"bert.encoder.layer.{layer}")
        head = "cls.predictions"
        state = self._normalised(_gelu(self._dense(state, f"{head}.transform.dense")), f"{head}.transform")
        best: FloatArray = (state @ self._words.T).max(axis=0) + weights[f"{head}.bias"]
        return best

    @property
    def _words(self) -> FloatArray:
        return self._weights["bert.embeddings.word_embeddings.weight"]

    @cached_property
    def _layers(self) -> int:
        return sum(name.endswith("attention.self.query.weight") for name in self._weights)

    def _layer(self, state: FloatArray, name: str) -> FloatArray:
        attended = self._dense(self._attention(state, f"{name}.attention.self"), f"{name}.attention.output.dense")
        state = self._normalised(state + attended, f"{name}.attention.output")
        inner = self._dense(_gelu(self._dense(state, f"{name}.intermediate.dense")), f"{name}.output.dense")
        return self._normalised(state + inner, f"{name}.output")

    def _attention(self, state: FloatArray, name: str) -> FloatArray:
        query, key, value = (
            self._dense(state, f"{name}.{part}").reshape(len(state), self._heads, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1]))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        result: FloatArray = (shares @ value).transpose(1, 0, 2).reshape(state.shape)
        return result

    def _dense(self, state: FloatArray, name: str) -> FloatArray:
        result: FloatArray = state @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return result

    def _normalised(self, state: FloatArray, name: str) -> FloatArray:
        centred = state - state.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        gamma, beta = (self._weights[f"{name}.LayerNorm.{part}"] for part in ("gamma", "beta"))
        result: FloatArray = gamma * (centred / scale) + beta
        return result


def _gelu(values: FloatArray) -> FloatArray:
    from scipy.special import erf

    result: FloatArray = values * np.float32(0.5) * (1 + erf(values * np.float32(np.sqrt(0.5))))
    return result


def _load(folder: Path) -> _Network:
    try:
        heads = int(json.loads((folder / "config.json").read_bytes())["num_attention_heads"])
        network = _Network(_read_weights(folder / "model.safetensors"), heads)
        network.predictions([0])  # finds missing arrays, and those of a wrong shape
        return network
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelMissing(
            "the sparse encoder does not load",
            expected=f"a BERT with a head of words in {folder}",
            found=f"{type(error).__name__}: {error}",
            remedy="run `shortlist models verify`",
        ) from error


def _read_weights(path: Path) -> dict[str, FloatArray]:
    """Read a file of safetensors: the length of a header, the header in JSON, the arrays one after the other."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header: dict[str, Any] = json.loads(data[8:start])
    return {name: _array(data, start, entry) for name, entry in header.items() if name != "__metadata__"}


def _array(data: bytes, start: int, entry: Mapping[str, Any]) -> FloatArray:
    if entry["dtype"] != "F32":
        raise ValueError(f"{entry['dtype']} in place of F32")
    begin, end = entry["data_offsets"]
    return np.frombuffer(data[start + begin : start + end], dtype="<f4").reshape(entry["shape"])
