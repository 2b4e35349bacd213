"""Any LangChain `Embeddings` as an encoder: OpenAI, Mistral, Cohere, a model on an Ollama server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shortlist.core.config import EncoderConfig
from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.core.ranking import FloatArray
from shortlist.models.encoders import windows

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

# Characters of a window: about as many words as in a window of our own encoders, and within every server's limit.
WINDOW = 1000
BLANK = "."  # sent in place of an empty text, which some servers refuse


class LangChainEncoder:
    """An `Encoder` over `embeddings`. A text's vector is the normalised mean of its windows' vectors.

    The constructor encodes one text to learn the length of the vectors. It and `encode` raise `ModelFailed` if the
    server does not answer, or not with one finite vector a text.
    """

    def __init__(self, embeddings: Embeddings, config: EncoderConfig) -> None:
        self.name = config.name
        self._embeddings = embeddings
        self._batch_size = config.batch_size
        self._max_chunks = config.max_chunks
        self.dim = self._embed([BLANK]).shape[1]

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return float32[n, dim]: row i is the unit vector of `texts[i]`."""
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        cuts = [
            ["".join(window) or BLANK for window in windows.cut(text.strip(), WINDOW, self._max_chunks)]
            for text in texts
        ]
        flat = [window for cut in cuts for window in cut]
        batches = [flat[start : start + self._batch_size] for start in range(0, len(flat), self._batch_size)]
        vectors = np.concatenate([self._embed(batch) for batch in batches])
        if vectors.shape[1] != self.dim:
            raise self._failed(f"vectors of length {self.dim}", f"{vectors.shape[1]}")
        return windows.pool(vectors, [len(cut) for cut in cuts])

    def _embed(self, texts: list[str]) -> FloatArray:
        """Return unit vectors, float32[n, d]."""
        try:
            vectors = np.array(self._embeddings.embed_documents(texts), dtype=np.float32)
        except Exception as error:  # every provider raises other types
            raise self._failed("vectors", f"{type(error).__name__}: {str(error).strip()[:200]}") from error
        if vectors.shape[:1] != (len(texts),) or vectors.ndim != 2:
            raise self._failed(f"{len(texts)} vectors of one length", f"numbers of shape {vectors.shape}")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths) & (lengths > 0)).all():
            raise self._failed("finite vectors that are not zero", "a vector that is zero or not finite")
        return np.asarray(vectors / lengths, dtype=np.float32)

    def _failed(self, expected: str, found: str) -> ModelFailed:
        remedy = "check the server, the name of the model and its key"
        return ModelFailed(
            f"the encoder {self.name} gave no usable answer", expected=expected, found=found, remedy=remedy
        )


def load_langchain_encoder(config: EncoderConfig, ollama_url: str) -> LangChainEncoder:
    """Load the encoder that LangChain finds by `config.name`, as "PROVIDER:MODEL".

    Raises `ModelMissing` without its package, key or model, and `ModelFailed` if its server does not answer.
    """
    from langchain.embeddings import init_embeddings

    provider = config.name.partition(":")[0]
    # `LangChainEncoder` cuts the texts. Without the setting, OpenAI's class downloads a tokenizer to cut them itself.
    settings: dict[str, dict[str, Any]] = {
        "ollama": {"base_url": ollama_url},
        "openai": {"check_embedding_ctx_length": False},
    }
    try:
        embeddings = init_embeddings(config.name, **settings.get(provider, {}))
    except Exception as error:  # a missing package, key or provider each raises another type
        raise ModelMissing(
            f"no LangChain encoder {config.name}",
            expected="an installed provider, its key and a model of that name",
            found=f"{type(error).__name__}: {str(error).strip()[:200]}",
            remedy="install the package it names, set the provider's key, or correct encoder.name",
        ) from error
    return LangChainEncoder(embeddings, config)
