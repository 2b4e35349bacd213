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
from shortlist.models.encoders.onnx_export import export, export_int8, find_export
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
    exports = cache_folder(models) / config.name
    if config.precision == "int8":
        return _load_int8(folder, exports, entry.files[0].sha256, config)
    return _load_float32(folder, exports / "onnx", entry.files[0].sha256, config)


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


def _load_float32(folder: Path, exports: Path, weights: str, config: EncoderConfig) -> OnnxEncoder | SentenceEncoder:
    network = find_export(exports, weights)
    if network:
        return OnnxEncoder(folder, network, config)
    reference = SentenceEncoder(folder, config)
    try:
        return OnnxEncoder(folder, export(reference, folder, exports, weights, config), config)
    except (ModelFailed, ModelMissing, OSError) as error:
        log.info("the encoder runs on torch: %s", error)
        return reference


def _load_int8(folder: Path, exports: Path, weights: str, config: EncoderConfig) -> OnnxEncoder:
    network = find_export(exports / "onnx-int8", weights)
    if network is None:
        full = _load_float32(folder, exports / "onnx", weights, config.model_copy(update={"precision": "float32"}))
        if not isinstance(full, OnnxEncoder):
            raise ModelFailed(
                "no encoder of 8 bits", expected="an export of the encoder to ONNX", found="an encoder on torch",
                remedy='set encoder.precision to "float32"',
            )  # fmt: skip
        network = export_int8(full, exports / "onnx", folder, exports / "onnx-int8", config)
    return OnnxEncoder(folder, network, config)


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
