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

# Characters of a window: about as many words as a window of our own encoders has, and within every server's limit.
WINDOW = 1000
BLANK = "."  # what is sent for a text without a letter, which some servers refuse


class LangChainEncoder:
    """Wraps `embeddings`. A text's vector is the normalised mean of its windows' vectors.

    Asked at once for the length of its vectors. Raises `ModelFailed` where it does not answer or answers wrongly.
    """

    def __init__(self, embeddings: Embeddings, config: EncoderConfig) -> None:
        self.name = config.name
        self._embeddings = embeddings
        self._batch_size = config.batch_size
        self._max_chunks = config.max_chunks
        self.dim = self._embed([BLANK]).shape[1]

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """float32[n, dim], row i for `texts[i]`, every row of unit length."""
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        cuts = [
            ["".join(one) or BLANK for one in windows.cut(text.strip(), WINDOW, self._max_chunks)] for text in texts
        ]
        flat = [window for cut in cuts for window in cut]
        batches = [flat[start : start + self._batch_size] for start in range(0, len(flat), self._batch_size)]
        vectors = np.concatenate([self._embed(batch) for batch in batches])
        if vectors.shape[1] != self.dim:
            raise self._failed(f"vectors of length {self.dim}", f"{vectors.shape[1]}")
        return windows.pooled(vectors, [len(cut) for cut in cuts])

    def _embed(self, texts: list[str]) -> FloatArray:
        """float32[n, d] of unit rows."""
        try:
            vectors = np.array(self._embeddings.embed_documents(texts), dtype=np.float32)
        except Exception as error:  # every provider has errors of its own
            raise self._failed("vectors", f"{type(error).__name__}: {str(error).strip()[:200]}") from error
        if vectors.shape[:1] != (len(texts),) or vectors.ndim != 2:
            raise self._failed(f"{len(texts)} vectors of one length", f"numbers of shape {vectors.shape}")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths) & (lengths > 0)).all():
            raise self._failed("finite vectors that are not zero", "some that are not")
        return np.asarray(vectors / lengths, dtype=np.float32)

    def _failed(self, expected: str, found: str) -> ModelFailed:
        remedy = "check the server, the name of the model and its key"
        return ModelFailed(
            f"the encoder {self.name} gave no usable answer", expected=expected, found=found, remedy=remedy
        )


def load_langchain_encoder(config: EncoderConfig, ollama_url: str) -> LangChainEncoder:
    """The encoder that LangChain finds by `config.name`, as "PROVIDER:MODEL". Raises `ModelMissing`, `ModelFailed`."""
    from langchain.embeddings import init_embeddings

    provider = config.name.partition(":")[0]
    # Texts are cut here: OpenAI's class would otherwise fetch a tokenizer from the network to do it.
    settings: dict[str, dict[str, Any]] = {
        "ollama": {"base_url": ollama_url},
        "openai": {"check_embedding_ctx_length": False},
    }
    try:
        embeddings = init_embeddings(config.name, **settings.get(provider, {}))
    except Exception as error:  # a missing package, key or provider, each with an error of its own
        raise ModelMissing(
            f"no LangChain encoder {config.name}",
            expected="an installed provider, its key and a model of that name",
            found=f"{type(error).__name__}: {str(error).strip()[:200]}",
            remedy="install the package it names, set the provider's key, or correct encoder.name",
        ) from error
    return LangChainEncoder(embeddings, config)
