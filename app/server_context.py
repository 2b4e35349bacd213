"""Build the context of a server: one home, one encoder and one language model, which outlive every reload."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from shortlist.app.build import chat_over, encoder_of, language_model_of, open_home, open_recommender, repair
from shortlist.core.config import Config
from shortlist.core.errors import ShortlistError
from shortlist.core.log import configure
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.llm.language_model import LanguageModel
from shortlist.store.home import Home

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from shortlist.agent.recommend import Recommender
    from shortlist.eval.variants import Variant
    from shortlist.serving.limits.interprocess import SharedLimits
    from shortlist.serving.service.context import AppContext

OTHER_HOMES = frozenset({"enrichment", "encoder", "ingest", "llm"})

log = logging.getLogger(__name__)


def worker(config: Config, folder: Path, keyless: bool) -> ASGIApp:
    """The HTTP API in one of several processes, which share `folder`; ends the process where it cannot be made.

    Whether the server is `keyless` was decided when it started: a worker that starts later does not decide again.

    The home stays open until the process ends.
    """
    from shortlist.serving.api.app import create_app
    from shortlist.serving.http.request_id import log_request_ids
    from shortlist.serving.http.workers import end_with_parent
    from shortlist.serving.limits.interprocess import SharedLimits

    end_with_parent()
    configure(config.log_level)
    log_request_ids()
    try:
        return create_app(context_of(open_home(config), config, SharedLimits(folder), keyless=keyless))
    except ShortlistError as error:
        log.error("this process cannot serve and is started again: %s", error)
        raise SystemExit(1) from error  # the exit code of a missing service would end all processes of uvicorn


def context_of(
    home: Home, config: Config, shared: SharedLimits | None = None, *, keyless: bool | None = None
) -> AppContext:
    """The context of a server, after repairing what a crash interrupted. Models load at their first use."""
    encoder = encoder_of(config)
    repair(home, config, encoder)
    # A server of language models that hangs may not hold a request beyond its deadline.
    patience = min(config.llm.timeout_s, config.serve.deadline_s)
    hurried = config.model_copy(update={"llm": config.llm.model_copy(update={"timeout_s": patience})})
    model = language_model_of(home, hurried, own_process=True)
    return context_with(home, config, encoder, model, shared, keyless=keyless)


def context_with(
    home: Home,
    config: Config,
    encoder: Callable[[], Encoder],
    model: Callable[[], LanguageModel],
    shared: SharedLimits | None = None,
    *,
    keyless: bool | None = None,
) -> AppContext:
    """The same with these models. By default the home's keys say whether the server is `keyless`."""
    from shortlist.eval.variants import load_variants
    from shortlist.serving.limits.deadline import DeadlineModel
    from shortlist.serving.limits.interprocess import SharedLimits
    from shortlist.serving.service.context import AppContext
    from shortlist.serving.service.lazy import LazyLoader
    from shortlist.serving.service.metrics import Metrics

    shared = shared or SharedLimits()
    metrics = Metrics(shared.counters)
    encoder, stoppable = LazyLoader(encoder), LazyLoader[LanguageModel](lambda: DeadlineModel(model(), metrics.asked))
    variants = {name: one for name, one in load_variants().items() if _comparable(one)}

    def variant(name: str) -> tuple[Recommender, str]:
        chosen = variants[name].configured(config)
        return open_recommender(home, chosen, encoder=encoder, model=stoppable), variants[name].method

    return AppContext(
        home=home,
        config=config,
        encoder=encoder,
        recommender=lambda: open_recommender(home, config, encoder=encoder, model=stoppable),
        chat=lambda recommender: chat_over(recommender, home, config, stoppable),
        variants=tuple(variants),
        variant=variant,
        shared=shared,
        metrics=metrics,
        keyless=not home.catalogue.keys.ever_existed() if keyless is None else keyless,
    )


def _comparable(variant: Variant) -> bool:
    """Whether a variant ranks the videos of a home as they are."""
    return variant.peer is None and not variant.model_fields_set & OTHER_HOMES
