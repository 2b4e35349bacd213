"""Load the configured language model, by default Ollama's if its server answers and else the embedded one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from shortlist.core.config import LlmConfig, ModelsConfig
from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.core.token_estimate import truncate
from shortlist.models.llm.langchain_model import load_langchain
from shortlist.models.llm.language_model import LanguageModel
from shortlist.models.llm.llama_cpp import MAX_CHOICES, LlamaCppModel
from shortlist.models.llm.model_process import ModelProcess
from shortlist.models.weights.manifest import load_manifest
from shortlist.models.weights.resolve import is_missing, resolve
from shortlist.models.weights.verified_files import sha256_of

log = logging.getLogger(__name__)
Cut = Callable[[str, int], str]
Provider = Callable[[LlmConfig, ModelsConfig], LanguageModel]


def load_language_model(config: LlmConfig, models: ModelsConfig, *, own_process: bool = False) -> LanguageModel:
    """Load the language model of `config.provider`. Raises `ModelMissing` or `ModelFailed`.

    With `own_process`, an embedded model runs in a process of its own: servers answer while it loads, and `recommend`
    can stop waiting for it. The weights are loaded by the first request.
    """
    return (SERVER_PROVIDERS if own_process else PROVIDERS)[config.provider](config, models)


def identity(config: LlmConfig, models: ModelsConfig) -> str:
    """Return NAME@HASH of the model that `load_language_model` would load, or its bare name if it has no hash.

    Nothing is loaded. If the provider may be Ollama, its server is asked.
    """
    if config.provider == "langchain":
        return config.langchain or ""
    if config.provider != "embedded":
        try:
            return _ollama(config, models).name
        except ModelFailed:
            if config.provider == "ollama":
                return config.ollama_model
    weights = models.paths.get(config.model)
    has_hash = config.model in load_manifest() or (weights is not None and weights.is_file())
    return _identity(config.model, weights or Path()) if has_hash else config.model


def _ollama(config: LlmConfig, _models: ModelsConfig) -> LanguageModel:
    from shortlist.models.llm.ollama import OllamaModel  # imports httpx, which an embedded model does not need

    return OllamaModel(config)


def _embedded(config: LlmConfig, models: ModelsConfig) -> LanguageModel:
    weights = resolve(config.model, models)
    return LlamaCppModel(weights, _identity(config.model, weights), config.threads, config.context)


def _identity(name: str, weights: Path) -> str:
    """Return NAME@HASH, as Ollama does, so that cached answers belong to these weights alone."""
    entry = load_manifest().get(name)  # `resolve` checks the hash of models in the manifest
    return f"{name}@{(entry.files[0].sha256 if entry else sha256_of(weights))[:12]}"


def _langchain(config: LlmConfig, _models: ModelsConfig) -> LanguageModel:
    return load_langchain(config)


def _embedded_process(config: LlmConfig, models: ModelsConfig) -> LanguageModel:
    """Return the embedded model in a process of its own. A person who waits for a list does not wait for a download."""
    if models.source is None and is_missing(config.model, models):
        raise ModelMissing(
            "the language model is not on this machine", expected=f"the weights of {config.model}", found="none",
            remedy=f"fetch them once with `shortlist models pull {config.model}`",
        )  # fmt: skip
    name = _identity(config.model, resolve(config.model, models))
    return ModelProcess(partial(_embedded, config, models), name, MAX_CHOICES)


def _auto(config: LlmConfig, models: ModelsConfig, embedded: Provider = _embedded) -> LanguageModel:
    try:
        return _ollama(config, models)
    except ModelFailed as error:
        log.info("using the embedded language model: %s", error)
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
    """Return a function (text, tokens) -> text that cuts a text with the model's tokenizer, or by an estimate.

    Ollama and LangChain give no access to a tokenizer. The estimate tends to cut too much rather than too little.
    """
    own: Cut = getattr(model, "cut", truncate)
    return own
