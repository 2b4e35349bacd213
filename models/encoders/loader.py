"""Load the configured encoder: ONNX or sentence-transformers on this machine, or a server through LangChain."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from shortlist.core.config import EncoderConfig, LlmConfig, ModelsConfig
from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.langchain_encoder import load_langchain_encoder
from shortlist.models.encoders.onnx_encoder import OnnxEncoder
from shortlist.models.encoders.onnx_export import copy_export, export, export_int8, find_export
from shortlist.models.encoders.sentence_encoder import SentenceEncoder
from shortlist.models.weights.hub_repository import fetch_repository
from shortlist.models.weights.manifest import load_manifest
from shortlist.models.weights.resolve import cache_folder, resolve

log = logging.getLogger(__name__)

OLLAMA_URL = LlmConfig().ollama_url
FLOAT32, INT8 = "onnx", "onnx-int8"  # folders of the exports, beside the weights in the cache
_registered: dict[str, Callable[[EncoderConfig], Encoder]] = {}


def register_encoder(name: str, load: Callable[[EncoderConfig], Encoder]) -> None:
    """Let `encoder.name` = `name` mean the encoder that `load` returns, in this process.

    Vectors are cached under the name: choose another one whenever the vector of any text changes. A registered name
    takes precedence over a model of the same name.
    """
    _registered[name] = load


def load_encoder(config: EncoderConfig, models: ModelsConfig, ollama_url: str = OLLAMA_URL) -> Encoder:
    """Load the encoder that `config` names.

    The name is registered, in the manifest or in `models.paths`, or it is a folder, a repository of the hub as
    "OWNER/NAME", or "PROVIDER:MODEL". An encoder of the manifest runs as an ONNX export, or on torch if it cannot be
    exported; both give the same vectors (cosine >= 0.9999) under the same name. With `config.precision` int8 it runs as
    a quantised copy of the export.

    Raises `UsageError` for any other name, `ModelMissing` if the weights cannot be found or loaded, `ModelFailed` if
    the server does not answer, or an encoder of int8 cannot be exported.
    """
    if config.name in _registered:
        return _registered[config.name](config)
    folder = _folder(config.name, models)
    if folder is None:
        return load_langchain_encoder(config, ollama_url)
    entry = load_manifest().get(config.name)
    if entry is None:
        return SentenceEncoder(folder, config)
    load = _load_int8 if config.precision == "int8" else _load_float32
    return load(folder, entry.files[0].sha256, config, models)


def load_reference(config: EncoderConfig, models: ModelsConfig) -> tuple[Path, SentenceEncoder]:
    """Return the folder of the weights of the encoder that `config` names, and the encoder on torch.

    Raises `ModelMissing` if it runs on a server, or its weights cannot be found or loaded.
    """
    folder = _folder(config.name, models)
    if folder is None:
        raise ModelMissing(
            f"{config.name} cannot be trained", expected="an encoder on this machine", found="one of a server",
            remedy=f"set encoder.name to {EncoderConfig().name}",
        )  # fmt: skip
    return folder, SentenceEncoder(folder, config)


def _load_float32(
    folder: Path, weights: str, config: EncoderConfig, models: ModelsConfig
) -> OnnxEncoder | SentenceEncoder:
    network = _find_export(FLOAT32, weights, config, models)
    if network:
        return OnnxEncoder(folder, network, config)
    reference = SentenceEncoder(folder, config)
    try:
        exported = export(reference, folder, _exports(FLOAT32, config, models), weights, config)
        return OnnxEncoder(folder, exported, config)
    except (ModelFailed, ModelMissing, OSError) as error:
        log.info("the encoder runs on torch: %s", error)
        return reference


def _load_int8(folder: Path, weights: str, config: EncoderConfig, models: ModelsConfig) -> OnnxEncoder:
    network = _find_export(INT8, weights, config, models)
    if network is None:
        full = _load_float32(folder, weights, config.model_copy(update={"precision": "float32"}), models)
        if not isinstance(full, OnnxEncoder):
            raise ModelFailed(
                "no encoder of 8 bits", expected="an export of the encoder to ONNX", found="an encoder on torch",
                remedy='set encoder.precision to "float32"',
            )  # fmt: skip
        source, to = (_exports(kind, config, models) for kind in (FLOAT32, INT8))
        network = export_int8(full, source, folder, to, config)
    return OnnxEncoder(folder, network, config)


def _find_export(kind: str, weights: str, config: EncoderConfig, models: ModelsConfig) -> Path | None:
    """Return the network of an export in the cache or in `models.source`; None if neither has it."""
    exports = _exports(kind, config, models)
    network = find_export(exports, weights)
    if network is None and models.source:
        return copy_export(models, f"{config.name}/{kind}", exports, weights)
    return network


def _exports(kind: str, config: EncoderConfig, models: ModelsConfig) -> Path:
    return cache_folder(models) / config.name / kind


def _folder(name: str, models: ModelsConfig) -> Path | None:
    """Return the folder of the weights, downloaded if needed; None for a model that runs on a server."""
    path = Path(name).expanduser()
    if name in load_manifest() or name in models.paths:
        return resolve(name, models)
    if path.is_dir():
        return path
    if ":" in name:
        return None
    return fetch_repository(name, models) if name.count("/") == 1 else resolve(name, models)
