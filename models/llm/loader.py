"""Which language model is asked: the one configured, or the best that is here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from shortlist.core.config import LlmConfig, ModelsConfig
from shortlist.core.errors import ModelFailed
from shortlist.core.tokens import cut
from shortlist.models.llm.embedded import EmbeddedModel
from shortlist.models.llm.langchain_model import load_langchain
from shortlist.models.llm.language_model import LanguageModel
from shortlist.models.llm.model_process import ModelProcess
from shortlist.models.llm.ollama import OllamaModel
from shortlist.models.weights.manifest import load_manifest
from shortlist.models.weights.receipts import sha256_of
from shortlist.models.weights.resolve import resolve

log = logging.getLogger(__name__)
Cut = Callable[[str, int], str]
Provider = Callable[[LlmConfig, ModelsConfig], LanguageModel]


def load_language_model(config: LlmConfig, models: ModelsConfig, *, own_process: bool = False) -> LanguageModel:
    """The language model of `config.provider`, ready to be asked. Raises `ModelMissing` or `ModelFailed`.

    With `own_process`, as servers want it, an embedded one runs in a process of its own.
    """
    return (SERVER_PROVIDERS if own_process else PROVIDERS)[config.provider](config, models)


def identity(config: LlmConfig, models: ModelsConfig) -> str:
    """NAME@HASH of the model that `load_language_model` would load; loads none, but asks Ollama where that may be used.

    The bare name where no hash is to be had.
    """
    if config.provider == "langchain":
        return config.langchain or ""
    if config.provider != "embedded":
        try:
            return OllamaModel(config).name
        except ModelFailed:
            if config.provider == "ollama":
                return config.ollama_model
    weights = models.paths.get(config.model)
    known = config.model in load_manifest() or (weights is not None and weights.is_file())
    return _identity(config.model, weights or Path()) if known else config.model


def _ollama(config: LlmConfig, _models: ModelsConfig) -> LanguageModel:
    return OllamaModel(config)


def _embedded(config: LlmConfig, models: ModelsConfig) -> LanguageModel:
    weights = resolve(config.model, models)
    return EmbeddedModel(weights, _identity(config.model, weights), config.threads, config.context)


def _identity(name: str, weights: Path) -> str:
    """NAME@HASH, as Ollama's: answers that are kept belong to these weights alone."""
    known = load_manifest().get(name)  # `resolve` has checked the hash of these
    return f"{name}@{(known.files[0].sha256 if known else sha256_of(weights))[:12]}"


def _langchain(config: LlmConfig, _models: ModelsConfig) -> LanguageModel:
    return load_langchain(config)


def _embedded_process(config: LlmConfig, models: ModelsConfig) -> LanguageModel:
    return ModelProcess(partial(_embedded, config, models))


def _auto(config: LlmConfig, models: ModelsConfig, embedded: Provider = _embedded) -> LanguageModel:
    try:
        return _ollama(config, models)
    except ModelFailed as error:
        log.info("the embedded model is used: %s", error)
        return embedded(config, models)


PROVIDERS: dict[str, Provider] = {
    "auto": _auto,
    "ollama": _ollama,
    "embedded": _embedded,
    "langchain": _langchain,
}
SERVER_PROVIDERS: dict[str, Provider] = {
    **PROVIDERS,
    "auto": partial(_auto, embedded=_embedded_process),
    "embedded": _embedded_process,
}


def cutter(model: LanguageModel) -> Cut:
    """What cuts a text to a number of tokens: by the model's own tokenizer where it has one, else by an estimate.

    Ollama and LangChain give no access to a tokenizer; the estimate rather cuts too much than too little.
    """
    own: Cut = getattr(model, "cut", cut)
    return own
