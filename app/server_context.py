"""Build the context of a server: one home, one encoder and one language model, shared across index reloads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from shortlist.agent.recommend import Recommender
from shortlist.app.privacy.export_reader import export_reader
from shortlist.app.privacy.forget import forget
from shortlist.core.config import Config
from shortlist.core.errors import ConfigError, ReadOnlyHome, ShortlistError
from shortlist.core.log import configure
from shortlist.core.plugins import PLUGINS
from shortlist.engine.build import encoder_of, language_model_of, open_home, open_recommender, repair
from shortlist.engine.engine import Engine
from shortlist.eval.variants import load_variants
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.llm.language_model import LanguageModel
from shortlist.serving.http.request_id import log_request_ids
from shortlist.serving.limits.deadline import DeadlineModel
from shortlist.serving.limits.interprocess import SharedLimits
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.lazy_loader import LazyLoader
from shortlist.serving.service.metrics import Metrics
from shortlist.store.home import Home

log = logging.getLogger(__name__)


def worker(config: Config, folder: Path, keyless: bool) -> ASGIApp:
    """Build the HTTP API in one of several worker processes, which share state in `folder`.

    `keyless` was decided when the server started, and the key of the configuration was admitted then. A worker that is
    restarted later does neither. The home stays open until the process ends. Raises `SystemExit` with 1 if the API
    cannot be built.
    """
    from shortlist.serving.api.app import create_app
    from shortlist.serving.http.workers import end_with_parent

    end_with_parent()
    PLUGINS.named_only = True
    PLUGINS.choose(config.plugins)
    configure(config.log_level)
    log_request_ids()
    try:
        return create_app(build_context(open_home(config), config, SharedLimits(folder), keyless=keyless))
    except ShortlistError as error:
        log.error("this worker cannot serve and will be restarted: %s", error)
        raise SystemExit(1) from error  # uvicorn ends all workers at exit code 3, that of a missing service


def build_context(
    home: Home, config: Config, shared: SharedLimits | None = None, *, keyless: bool | None = None
) -> AppContext:
    """Build the context of a server after repairing an interrupted ingest. Models load at their first use."""
    encoder = encoder_of(config)
    repair(home, config, encoder)
    # A language model server that hangs must not hold a request beyond its deadline.
    timeout_s = min(config.llm.timeout_s, config.serve.deadline_s)
    limited = config.model_copy(update={"llm": config.llm.model_copy(update={"timeout_s": timeout_s})})
    model = language_model_of(home, limited, own_process=True)
    return build_context_with_models(home, config, encoder, model, shared, keyless=keyless)


def build_context_with_models(
    home: Home,
    config: Config,
    encoder: Callable[[], Encoder],
    model: Callable[[], LanguageModel],
    shared: SharedLimits | None = None,
    *,
    keyless: bool | None = None,
) -> AppContext:
    """Build the context with the given models.

    Without `keyless`, this process decides it, and admits the key of the configuration. Raises `ConfigError` if that
    key was revoked, or is not in the snapshot that the home follows.
    """
    if keyless is None:
        keyless = _decide_keyless(home, config)
    shared = shared or SharedLimits()
    metrics = Metrics(shared.counters)
    encoder, stoppable = (
        LazyLoader(encoder),
        LazyLoader[LanguageModel](lambda: DeadlineModel(model(), metrics.observe_completion)),
    )
    engine = Engine(home, config, encoder=encoder, model=stoppable, count=metrics.count_exposures)
    variants = {name: one for name, one in load_variants().items() if one.is_live}

    def variant(name: str) -> tuple[Recommender, str]:
        chosen = variants[name].apply_to(config)
        return open_recommender(home, chosen, encoder=encoder, model=stoppable), variants[name].method

    return AppContext(
        engine=engine,
        variants=tuple(variants),
        variant=variant,
        forget=lambda subject: forget(home, config, [subject]).receipt,
        export_reader=partial(export_reader, home, config),
        shared=shared,
        metrics=metrics,
        keyless=keyless,
    )


def _decide_keyless(home: Home, config: Config) -> bool:
    """Admit the key of `serve.key`, and return whether the home never had a key. Raises `ConfigError`."""
    secret = config.serve.key
    if secret is None:
        return not home.catalogue.keys.ever_existed()
    try:
        admitted = home.catalogue.keys.admit(secret.get_secret_value(), "write", "serve.key")
    except ReadOnlyHome as error:
        raise ConfigError(
            "setting serve.key", expected="a key that the published snapshot has", found="one that it does not have",
            remedy="create keys on the machine that publishes with `shortlist keys create` and publish again, or set "
            "store.catalogue to a PostgreSQL database",
        ) from error  # fmt: skip
    if not admitted:
        raise ConfigError(
            "setting serve.key", expected="a key that was not revoked", found="one that was",
            remedy="set another secret, or remove the setting and use `shortlist keys create`",
        )  # fmt: skip
    return False
