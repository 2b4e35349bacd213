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
from shortlist.models.encoders.onnx_export import export, find_export
from shortlist.models.encoders.sentence_encoder import SentenceEncoder
from shortlist.models.weights.hub_repository import fetch_repository
from shortlist.models.weights.manifest import load_manifest
from shortlist.models.weights.resolve import cache_folder, resolve

log = logging.getLogger(__name__)

OLLAMA_URL = LlmConfig().ollama_url
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
    exported; both give the same vectors (cosine >= 0.9999) under the same name.

    Raises `UsageError` for any other name, `ModelMissing` if the weights cannot be found or loaded, `ModelFailed` if
    the server does not answer.
    """
    if config.name in _registered:
        return _registered[config.name](config)
    folder = _folder(config.name, models)
    if folder is None:
        return load_langchain_encoder(config, ollama_url)
    entry = load_manifest().get(config.name)
    if entry is None:
        return SentenceEncoder(folder, config)
    weights = entry.files[0].sha256
    exports = cache_folder(models) / config.name / "onnx"
    network = find_export(exports, weights)
    if network:
        return OnnxEncoder(folder, network, config)
    reference = SentenceEncoder(folder, config)
    try:
        return OnnxEncoder(folder, export(reference, folder, exports, weights, config), config)
    except (ModelFailed, ModelMissing, OSError) as error:
        log.info("the encoder runs on torch: %s", error)
        return reference


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
