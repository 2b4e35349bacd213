"""Which language model is asked: the one configured, or the best that is here."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from core.config import LlmConfig, ModelsConfig
from core.errors import ModelFailed
from models.embedded import EmbeddedModel
from models.langchain_model import load_langchain
from models.language_model import LanguageModel
from models.ollama import OllamaModel
from models.weights import resolve

log = logging.getLogger(__name__)


def load_language_model(config: LlmConfig, models: ModelsConfig) -> LanguageModel:
    """The language model of `config.provider`, ready to be asked. Raises `ModelMissing` or `ModelFailed`."""
    return PROVIDERS[config.provider](config, models)


def _ollama(config: LlmConfig, _models: ModelsConfig) -> LanguageModel:
    return OllamaModel(config)


def _embedded(config: LlmConfig, models: ModelsConfig) -> LanguageModel:
    threads = config.threads or max(1, (os.cpu_count() or 2) // 2)
    return EmbeddedModel(resolve(config.model, models), config.model, threads, config.context)


def _langchain(config: LlmConfig, _models: ModelsConfig) -> LanguageModel:
    return load_langchain(config)


def _auto(config: LlmConfig, models: ModelsConfig) -> LanguageModel:
    try:
        return _ollama(config, models)
    except ModelFailed as error:
        log.info("the embedded model is used: %s", error)
        return _embedded(config, models)


PROVIDERS: dict[str, Callable[[LlmConfig, ModelsConfig], LanguageModel]] = {
    "auto": _auto,
    "ollama": _ollama,
    "embedded": _embedded,
    "langchain": _langchain,
}
