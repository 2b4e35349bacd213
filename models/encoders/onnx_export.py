"""Export an encoder to ONNX once, and check that it agrees with the original."""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.onnx_encoder import OnnxEncoder
from shortlist.models.encoders.quantise import quantise
from shortlist.models.encoders.sentence_encoder import SentenceEncoder
from shortlist.models.weights.source import fetch
from shortlist.models.weights.verified_files import sha256_of

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

NETWORK = "model.onnx"
RECORD = "export.json"
OPSET = 17
POOLED, TOKENS = "sentence_embedding", "token_embeddings"  # outputs of a sentence-transformers model
LEAST_COSINE = 0.9999
LEAST_INT8_COSINE = 0.95
PROBES = (
    "",
    "a",
    "How to bake sourdough bread at home",
    "Grundlagen der Photosynthese, einfach erklärt",
    "量子计算入门",
    "कैसे सितारे मरते हैं 🌟",
    "x" * 300,
    "The history of the printing press, told by the people who ran it. " * 60,
)


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """Hashes of an export and of the weights that it was made from, and the `opset` of the export."""

    weights_sha256: str
    network_sha256: str
    opset: int = OPSET


def find_export(folder: Path, weights_sha256: str) -> Path | None:
    """Return the path of the network in `folder`, or None unless it is undamaged and was made from these weights."""
    network = folder / NETWORK
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        expected = asdict(ExportRecord(weights_sha256, sha256_of(network)))
    except (OSError, ValueError):
        return None
    return network if record == expected else None


def copy_export(config: ModelsConfig, name: str, folder: Path, weights_sha256: str) -> Path | None:
    """Copy the export `name` ("all-MiniLM-L6-v2/onnx") of `config.source` into `folder`.

    Return the path of the network, or None if the source has none, or `folder` cannot be written. The network is
    checked against its record, and the record against the weights.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            for file in (NETWORK, RECORD):
                fetch(config, f"{name}/{file}", Path(scratch) / file)
            for file in (NETWORK, RECORD):
                (Path(scratch) / file).replace(folder / file)
    except (ModelMissing, OSError) as error:
        log.info("no export from %s: %s", config.source, error)
        return None
    return find_export(folder, weights_sha256)


def export(
    reference: SentenceEncoder, model_folder: Path, folder: Path, weights_sha256: str, config: EncoderConfig
) -> Path:
    """Export `reference` (loaded from `model_folder`) into `folder` and return the path of the network.

    Raises `ModelFailed`, and leaves nothing in `folder`, if it cannot be exported or disagrees with the reference.
    """
    with _new_network(folder, weights_sha256) as network:
        trace(reference.network, network)
        _check(reference, OnnxEncoder(model_folder, network, config), LEAST_COSINE)
    return folder / NETWORK


def export_int8(exported: OnnxEncoder, source: Path, model_folder: Path, folder: Path, config: EncoderConfig) -> Path:
    """Quantise the network of `exported`, which is in the folder `source`, into `folder` and return its path.

    `config` has the precision int8. Raises `ModelFailed`, and leaves nothing in `folder`, if the copy disagrees.
    """
    weights: str = json.loads((source / RECORD).read_text("utf-8"))["weights_sha256"]
    with _new_network(folder, weights) as network:
        quantise(source / NETWORK, network)
        _check(exported, OnnxEncoder(model_folder, network, config), LEAST_INT8_COSINE)
    return folder / NETWORK


@contextmanager
def _new_network(folder: Path, weights_sha256: str) -> Iterator[Path]:
    """Yield a path to write a network to, which is then moved into `folder` with its record."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        network = Path(scratch) / NETWORK
        yield network
        record = ExportRecord(weights_sha256, sha256_of(network))
        network.replace(folder / NETWORK)
        text = Path(scratch) / RECORD
        text.write_text(json.dumps(asdict(record)), "utf-8")
        text.replace(folder / RECORD)


def trace(model: torch.nn.Module, network: Path, output: str = POOLED) -> None:
    """Write a model of sentence-transformers as an ONNX network with one `output`, by its name there.

    For an encoder that is `POOLED` vectors or those of all `TOKENS`, for a cross-encoder its scores. Raises
    `ModelFailed` if it cannot be exported.
    """
    import torch

    class Sentences(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            out = self.network({"input_ids": input_ids, "attention_mask": attention_mask})
            vectors: torch.Tensor = out[output]
            return vectors

    example = torch.ones(2, 7, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    rows = axes if output == TOKENS else {0: "texts"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # dynamo=False: the newer exporter needs onnxscript, and the old one is exact for a plain encoder.
            torch.onnx.export(
                Sentences().eval(),
                (example, example),
                str(network),
                input_names=["input_ids", "attention_mask"],
                output_names=["vectors"],
                dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": rows},
                opset_version=OPSET,
                dynamo=False,
            )
    except (RuntimeError, ImportError, OSError) as error:
        raise ModelFailed(
            "the encoder cannot be exported",
            expected="an ONNX network",
            found=str(error).strip().splitlines()[0],
            remedy="install the package onnx; until then the encoder runs on torch",
        ) from error


def _check(reference: Encoder, exported: OnnxEncoder, least: float) -> None:
    cosines = np.sum(reference.encode(PROBES) * exported.encode(PROBES), axis=1)
    if not cosines.min() >= least:
        raise ModelFailed(
            "the exported encoder disagrees with the original",
            expected=f"cosine {least} or more on every probe text",
            found=f"{cosines.min():.6f}",
            remedy="please report the versions of torch and onnxruntime; until then use torch in float32",
        )
