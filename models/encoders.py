"""Which encoder runs: the ONNX export where there is one, else sentence-transformers, which tries to make it."""

from __future__ import annotations

import logging

from core.config import EncoderConfig, ModelsConfig
from core.errors import ModelFailed, ModelMissing
from models.encoder import Encoder
from models.manifest import load_manifest
from models.onnx_encoder import OnnxEncoder
from models.onnx_export import export, find_export
from models.sentence_encoder import SentenceEncoder
from models.weights import cache_folder, resolve

log = logging.getLogger(__name__)


def load_encoder(config: EncoderConfig, models: ModelsConfig) -> Encoder:
    """The encoder named in `config`, its weights found or fetched.

    Both ways of running it give the same vectors (cosine >= 0.9999) and carry the same name. Raises `ModelMissing`.
    """
    folder = resolve(config.name, models)
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
