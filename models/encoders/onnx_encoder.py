"""An encoder on onnxruntime, which starts faster than torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from shortlist.core.config import EncoderConfig
from shortlist.core.errors import ModelMissing
from shortlist.core.ranking import FloatArray
from shortlist.models.encoders.windowed_encoder import WindowedEncoder

TOKENS = 512  # run at once, padding included: the activations of more do not fit a core's cache


class OnnxEncoder(WindowedEncoder):
    """Runs the exported `network` with the tokenizer in `folder`. Raises `ModelMissing` if either does not load.

    With `config.precision` int8, windows run one by one, because a batch shares the scale of its activations: the
    vector of a text would depend on its neighbours.
    """

    def __init__(self, folder: Path, network: Path, config: EncoderConfig) -> None:
        super().__init__(folder, config)
        self._session = load_session(network, config.threads)
        self._tokens = 1 if config.precision == "int8" else TOKENS
        self._dim = int(self._session.get_outputs()[0].shape[-1])

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    def embed(self, ids: np.ndarray, mask: np.ndarray) -> FloatArray:
        """Return float32[n, dim] for token ids and attention mask, both int64[n, t]."""
        vectors = np.empty((len(ids), self._dim), dtype=np.float32)
        size = max(1, self._tokens // ids.shape[1])
        for start in range(0, len(ids), size):
            rows = slice(start, start + size)
            longest = int(mask[rows].sum(axis=1).max())
            texts = {"input_ids": ids[rows, :longest], "attention_mask": mask[rows, :longest]}
            (vectors[rows],) = self._session.run(None, texts)
        return vectors


def load_session(network: Path, threads: int) -> Any:
    """Load an ONNX network on the CPU. Raises `ModelMissing` if it does not load."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin while they wait slow down every process of a busy machine, this one included.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base class
        raise ModelMissing(
            "an exported network does not load",
            expected=f"an ONNX network at {network}",
            found=f"{type(error).__name__}: {error}",
            remedy=f"delete {network.parent} and run `shortlist models pull`",
        ) from error
