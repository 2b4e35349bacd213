"""Whether the language model is quick enough on this machine for `--rerank auto` to ask it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from shortlist.agent.rerank.judgement_time import JudgementTimes, depth_in_time, measure
from shortlist.core.config import Config, LlmConfig
from shortlist.models.llm.language_model import LanguageModel
from shortlist.models.weights.resolve import cache_folder

CONNECT_S = 0.3
EMBEDDED = "embedded"


def with_auto_depth(config: Config) -> Config:
    """Return `config` with `rerank.auto_depth` as it was measured on this machine, unless it is set.

    An embedded model that was never measured is not asked. A server's is measured by the first request that asks it.
    """
    if config.rerank.auto_depth is not None:
        return config
    seconds = judgement_s(config)
    if seconds is None and not model_name(config.llm).startswith(EMBEDDED):
        return config
    update = {"auto_depth": depth_in_time(seconds, config.rerank)}
    return config.model_copy(update={"rerank": config.rerank.model_copy(update=update)})


def judgement_s(config: Config) -> float | None:
    """Return the seconds of one judgement by the configured language model; None if it was never measured here."""
    return _times(config).get(model_name(config.llm))


def time_keeper(config: Config) -> Callable[[float], None]:
    """Return a function that keeps the seconds of one judgement by the configured language model.

    The shortest time counts: the others were measured while the machine was busy.
    """

    def keep(seconds: float) -> None:
        known = judgement_s(config)
        if known is None or seconds < known:
            _times(config).put(model_name(config.llm), seconds)

    return keep


def measure_once(config: Config, model: LanguageModel) -> None:
    """Measure a judgement by `model`, the configured one, unless it was measured before. Raises `ModelFailed`."""
    if judgement_s(config) is None and model.max_choices > 1:
        time_keeper(config)(measure(model))


def model_name(llm: LlmConfig) -> str:
    """Return the provider and name of the language model that `load_language_model` would load. Loads nothing."""
    provider: str = llm.provider
    if provider == "auto":
        provider = "ollama" if _is_listening(llm.ollama_url) else EMBEDDED
    if provider == EMBEDDED:
        return f"{EMBEDDED} {llm.model}, {llm.threads} threads"
    return f"ollama {llm.ollama_model} at {llm.ollama_url}" if provider == "ollama" else f"langchain {llm.langchain}"


def _times(config: Config) -> JudgementTimes:
    return JudgementTimes(cache_folder(config.models))


def _is_listening(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    try:
        with socket.create_connection((parts.hostname or "", port), CONNECT_S):
            return True
    except OSError:
        return False
