"""Build objects from a configuration: a home, an encoder, a language model, a recommender, a chat."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shortlist.core.config import AUTO, Config
from shortlist.core.errors import ServiceError
from shortlist.core.ranking import FloatArray
from shortlist.engine.backup import back_up_before_migration
from shortlist.engine.following import follower_of
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.encoder_version import encoder_version
from shortlist.models.llm.language_model import LanguageModel
from shortlist.store.home import Home

if TYPE_CHECKING:
    from shortlist.agent.chat.session import Chat
    from shortlist.agent.reader.records import Records
    from shortlist.agent.recommend import Recommender
    from shortlist.agent.students.student import Student
    from shortlist.eval.factories import Factories
    from shortlist.ingest.enrich.enricher import Enricher
    from shortlist.models.speech.transcriber import Transcriber
    from shortlist.retrieval.index.act_log import ActLog
    from shortlist.store.catalogue.experiments import Experiment
    from shortlist.store.exposure_log import ExposureLog

log = logging.getLogger(__name__)

# Part of every cached answer's key. Raise it when the adapters change the requests they send to a model.
ANSWERS_VERSION = "1"


def open_home(config: Config, *, create: bool = False, any_encoder: bool = False) -> Home:
    """Open the home of `config`, or create it with `create`. A home of an older schema is backed up and migrated.

    With `store.snapshot` it is the home of the published snapshot, which is copied first; see `engine/following.py`.
    Unless `any_encoder`, refuses a home made with another encoder, other weights or another `max_chunks`. Raises the
    errors of `Home.open` and `Follower.first`.
    """
    encoder = None if any_encoder else encoder_version(config.encoder, config.models)
    follower = follower_of(config)
    home = Home.open(
        config.home,
        encoder,
        config.store,
        create=create,
        before_migration=lambda: back_up_before_migration(config.home, config.backup),
        follows=follower.first() if follower else None,
    )
    if home.catalogue.erasures.is_unfinished():
        log.warning("forgetting was interrupted: run `shortlist reader forget` to complete it")
    return home


def encoder_of(config: Config) -> Callable[[], Encoder]:
    """Return a function that loads the encoder at its first call and then returns the same one."""

    @cache
    def load() -> Encoder:
        from shortlist.models.encoders.loader import load_encoder

        return load_encoder(config.encoder, config.models, config.llm.ollama_url)

    return load


def wish_encoder(home: Home, encoder: Callable[[], Encoder]) -> Callable[[], Encoder]:
    """Return a function that gives an encoder which loads `encoder` only for texts that `home` has no vector of."""
    from shortlist.store.caches.cached_encoder import CachedEncoder

    cached = CachedEncoder(encoder, home.embeddings, home.encoder)
    return lambda: cached


def language_model_of(
    home: Home, config: Config, *, own_process: bool = False, ask: bool = True
) -> Callable[[], LanguageModel]:
    """Return a function that loads the language model at its first call. The home caches the model's answers.

    See `load_language_model` for `own_process`, `CachedModel` for `ask`.
    """

    @cache
    def load() -> LanguageModel:
        from shortlist.models.llm.loader import load_language_model
        from shortlist.store.caches.completions import CachedModel

        model = load_language_model(config.llm, config.models, own_process=own_process)
        return CachedModel(model, home.answers, ANSWERS_VERSION, ask=ask)

    return load


def transcriber_of(config: Config) -> Callable[[], Transcriber]:
    """Return a function that loads the speech model at its first call and then returns the same one."""

    @cache
    def load() -> Transcriber:
        from shortlist.models.speech.loader import load_transcriber

        return load_transcriber(config.speech, config.models)

    return load


def open_enricher(home: Home, config: Config) -> Enricher:
    """Build the enricher over the language model. The home caches the answers. Raises `ModelMissing`."""
    from shortlist.ingest.enrich.enricher import Enricher
    from shortlist.models.llm.loader import cutter, load_language_model
    from shortlist.store.caches.completions import CachedModel

    model = load_language_model(config.llm, config.models)
    cached = CachedModel(model, home.answers, ANSWERS_VERSION)
    return Enricher(cached, cutter(model), config.ingest.categories, config.ingest.enrich_tokens)


def open_recommender(
    home: Home,
    config: Config,
    records: Records | None = None,
    log: ActLog | None = None,
    *,
    encoder: Callable[[], Encoder] | None = None,
    model: Callable[[], LanguageModel] | None = None,
) -> Recommender:
    """Build a recommender over the current revision of `home`. Only a request with a new wish loads the encoder.

    `records` replace the home's catalogue and `log` its log of acts; evaluation passes its own. `encoder` and `model`
    replace the configured ones; a server shares them between recommenders.
    """
    from shortlist.agent.recommend import Recommender
    from shortlist.engine.judge import time_keeper, with_auto_depth
    from shortlist.learning.student.versions import folder_of, rerank_config
    from shortlist.retrieval.build import build_retriever
    from shortlist.retrieval.index.indexer import load_snapshot

    snapshot = load_snapshot(home, config.retrieval)
    here = with_auto_depth(config).model_copy(update={"home": home.content})
    snapshot = snapshot if log is None else replace(snapshot, log=log)
    return Recommender(
        records=records or home.catalogue,
        snapshot=snapshot,
        retriever=build_retriever(snapshot, config.retrieval),
        encoder=encoder or wish_encoder(home, encoder_of(config)),
        model=model or language_model_of(home, config),
        retrieval=config.retrieval,
        profile=config.profile,
        rerank=rerank_config(here),
        student=student_in(folder_of(here), config.encoder.threads),
        keep_time=time_keeper(config),
    )


def open_live_recommender(
    home: Home,
    config: Config,
    *,
    encoder: Callable[[], Encoder] | None = None,
    model: Callable[[], LanguageModel] | None = None,
) -> Recommender:
    """Build the recommender whose lists readers are shown: by the experiment in progress, and explored.

    `encoder` and `model` replace the configured ones.
    """
    if home.read_only:  # no list could be recorded, so none is changed for an experiment
        return open_recommender(home, config, encoder=encoder, model=model)
    return open_shown(home, config, home.catalogue.experiments.current(), encoder=encoder, model=model)


def open_shown(
    home: Home,
    config: Config,
    experiment: Experiment | None,
    records: Records | None = None,
    *,
    until: int | None = None,
    encoder: Callable[[], Encoder] | None = None,
    model: Callable[[], LanguageModel] | None = None,
) -> Recommender:
    """Build the recommender whose lists readers are shown during `experiment`, or without one: explored.

    Lists are interleaved from the variants, or each reader has those of one. What is drawn for a reader depends on
    their events up to the number `until`. `records`, `encoder` and `model` are as in `open_recommender`.
    """
    from shortlist.agent.experiment.mixed import Contender, MixedRecommender, seed_of
    from shortlist.agent.experiment.split import SplitRecommender
    from shortlist.eval.variants import Variant
    from shortlist.store.catalogue.experiments import A, B

    share, model = config.exposures.explore, model or language_model_of(home, config)
    seed = seed_of(home.catalogue, experiment.name if experiment else None, until)
    if experiment is None:
        only = open_recommender(home, config, records, encoder=encoder, model=model)
        return MixedRecommender([Contender(only)], seed, share) if share else only
    contenders = []
    for document in (experiment.a, experiment.b):
        variant = Variant.model_validate(document)
        built = open_recommender(home, variant.apply_to(config), records, encoder=encoder, model=model)
        contenders.append(Contender(built, variant.live_method))
    if experiment.design == "split":
        sides = dict(zip((A, B), contenders, strict=True))
        return SplitRecommender(sides, experiment.side_of, seed, share, experiment.name)
    return MixedRecommender(contenders, seed, share, experiment.name)


def open_exposure_log(home: Home, config: Config, count: Callable[[str, int], None] | None = None) -> ExposureLog:
    """Return the log of what readers of `home` are shown. Close it, or use it in a `with` statement."""
    from shortlist.eval.hashes import config_hash
    from shortlist.store.exposure_log import ExposureLog, ignore

    keep_days = 0.0 if home.read_only else config.exposures.keep_days
    return ExposureLog(home.catalogue, config_hash(config, AUTO), keep_days, count or ignore)


def student_in(folder: Path | None, threads: int) -> Callable[[], Student]:
    """Return a function that loads the student in `folder` at its first call and then returns the same one.

    Without a folder it raises `ModelMissing`.
    """
    from shortlist.agent.students.student import load_student, no_student

    return no_student if folder is None else cache(lambda: load_student(folder, threads))


def chat_over(
    recommender: Recommender,
    home: Home,
    config: Config,
    model: Callable[[], LanguageModel],
    exposures: ExposureLog | None = None,
) -> Chat:
    """Build a chat over `recommender`, which records what it shows in `exposures`."""
    from shortlist.agent.chat.feedback_events import Feedback
    from shortlist.agent.chat.llm_interpreter import AgentInterpreter
    from shortlist.agent.chat.nlu.names import Names
    from shortlist.agent.chat.session import Chat
    from shortlist.agent.chat.tools import Tools

    columns = recommender.snapshot.columns
    names = Names(
        lambda word: bool(home.catalogue.readers.get_many([word])),
        columns.category.names,
        columns.channel.names,
    )
    return Chat(
        tools=Tools(
            recommender,
            home.catalogue,
            names,
            Feedback(home.catalogue.events, home.catalogue.objectives, lambda: datetime.now(UTC)),
            home.catalogue.tastes.get,
            exposures,
            budget_ms=config.rerank.budget_ms,
        ),
        threads=home.catalogue.threads,
        names=names,
        interpreter=lambda: AgentInterpreter(model(), names),
        mode=config.chat.mode,
        encode=_message_encoder(recommender, config),
    )


def _message_encoder(recommender: Recommender, config: Config) -> Callable[[str], FloatArray | None]:
    """Return a function that encodes messages for the chat's classifier.

    It returns None if the encoder is not the one that the classifier was trained with, or has no weights: the chat then
    reads by phrases and n-grams.
    """

    def encode(text: str) -> FloatArray | None:
        from shortlist.agent.chat.nlu.intents.classifier import load_models

        if config.encoder.name != load_models()[0].encoder:
            return None
        try:
            return recommender.encode(text)
        except ServiceError as error:
            log.info("a message is read without its vector: %s", error)
            return None

    return encode


def evaluation_factories() -> Factories:
    """Return the functions with which `eval` builds its variants."""
    from shortlist.eval.factories import Factories

    return Factories(encoder_of, open_recommender, open_home)


def repair(home: Home, config: Config, encoder: Callable[[], Encoder] | None = None) -> None:
    """Finish what an interrupted ingest or a restored backup left out: encode, index, and write to Chroma.

    Servers and commands that write content call this; read-only commands do not. Does nothing while another process
    writes: that process does it; nor in a home that follows published snapshots.
    """
    from shortlist.core.errors import HomeLocked
    from shortlist.retrieval.index.indexer import update_index
    from shortlist.store.outbox import deliver, pending

    if home.is_follower:
        return
    load = encoder or encoder_of(config)
    with suppress(HomeLocked):
        update_index(home, load)
        if pending(home):
            deliver(home, load)
