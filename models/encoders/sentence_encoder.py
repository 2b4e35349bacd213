"""The reference encoder: sentence-transformers on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shortlist.core.config import EncoderConfig
from shortlist.core.errors import ModelMissing
from shortlist.core.ranking import FloatArray
from shortlist.models.encoders.windowed_encoder import WindowedEncoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceEncoder(WindowedEncoder):
    """Runs the weights in `folder` on torch, whose import takes seconds. The reference for exports.

    Raises `ModelMissing` if `folder` has no sentence-transformers model that loads, or torch is not installed.
    """

    def __init__(self, folder: Path, config: EncoderConfig) -> None:
        super().__init__(folder, config)
        self.network = _load(folder, config.threads)
        self._dim = int(self.network.get_embedding_dimension() or 0)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    def embed(self, ids: np.ndarray, mask: np.ndarray) -> FloatArray:
        """Return float32[n, dim] for token ids and attention mask, both int64[n, t]."""
        import torch

        with torch.inference_mode():
            out = self.network({"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)})
        return np.asarray(out["sentence_embedding"].numpy(), dtype=np.float32)


def _load(folder: Path, threads: int) -> SentenceTransformer:
    try:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging
    except ImportError as error:
        raise ModelMissing(
            "the encoder has no export, and PyTorch is not installed",
            expected=f"an export of {folder.name} to ONNX, or the packages torch and sentence-transformers",
            found=str(error),
            remedy="run `pip install torch sentence-transformers`; in a container see docs/aws.md#images",
        ) from error

    torch.set_num_threads(threads)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True).eval()
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelMissing(
            "the encoder does not load",
            expected=f"a sentence-transformers model in {folder}",
            found=f"{type(error).__name__}: {error}",
            remedy="run `shortlist models verify`",
        ) from error
