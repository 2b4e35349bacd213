"""Where parts are chosen and joined: a configuration -> a home, an encoder, a language model, a recommender, a chat."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from shortlist.core.config import Config
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.encoder_version import encoder_version
from shortlist.models.llm.language_model import LanguageModel
from shortlist.store.home import Home

if TYPE_CHECKING:
    from shortlist.agent.chat.session import Chat
    from shortlist.agent.reader.records import Records
    from shortlist.agent.recommend import Recommender
    from shortlist.eval.factories import Factories
    from shortlist.ingest.enrich.enricher import Enricher
    from shortlist.models.speech.transcriber import Transcriber

# Part of every cached answer's key: raise it when the adapters ask a model in another way.
ANSWERS_VERSION = "1"


def open_home(config: Config, *, create: bool = False, any_encoder: bool = False) -> Home:
    """The home of `config`; one that does not exist is made with `create`, else refused.

    One that belongs to another encoder, other weights or another `max_chunks` of it is refused, too, unless
    `any_encoder`. Raises as `Home.open`.
    """
    encoder = None if any_encoder else encoder_version(config.encoder, config.models)
    return Home.open(config.home, encoder, config.store, create=create)


def encoder_of(config: Config) -> Callable[[], Encoder]:
    """Loads the encoder at the first call and keeps it."""

    @cache
    def load() -> Encoder:
        from shortlist.models.encoders.loader import load_encoder

        return load_encoder(config.encoder, config.models, config.llm.ollama_url)

    return load


def language_model_of(home: Home, config: Config, *, own_process: bool = False) -> Callable[[], LanguageModel]:
    """Loads the language model at the first call and keeps it; its answers are cached in the home.

    `own_process` is that of `load_language_model`.
    """

    @cache
    def load() -> LanguageModel:
        from shortlist.models.llm.loader import load_language_model
        from shortlist.store.caches.completions import CachedModel

        model = load_language_model(config.llm, config.models, own_process=own_process)
        return CachedModel(model, home.answers, ANSWERS_VERSION)

    return load


def transcriber_of(config: Config) -> Callable[[], Transcriber]:
    """Loads the speech model at the first call and keeps it."""

    @cache
    def load() -> Transcriber:
        from shortlist.models.speech.loader import load_transcriber

        return load_transcriber(config.speech, config.models)

    return load


def open_enricher(home: Home, config: Config) -> Enricher:
    """What enriches texts by the language model, whose answers are remembered in the home. Raises `ModelMissing`."""
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
    *,
    encoder: Callable[[], Encoder] | None = None,
    model: Callable[[], LanguageModel] | None = None,
) -> Recommender:
    """A recommender over one revision of `home`. Only a request with a wish loads the encoder.

    `records` are read in place of the home's catalogue, as evaluation wants it; an `encoder` or `model` that is given
    is used in place of a new one.
    """
    from shortlist.agent.recommend import Recommender
    from shortlist.retrieval.build import build_retriever
    from shortlist.retrieval.index.indexer import load_snapshot

    snapshot = load_snapshot(home, config.retrieval)
    return Recommender(
        records=records or home.catalogue,
        snapshot=snapshot,
        retriever=build_retriever(snapshot, config.retrieval),
        encoder=encoder or encoder_of(config),
        model=model or language_model_of(home, config),
        profile=config.profile,
        rerank=config.rerank,
    )


def open_chat(home: Home, config: Config) -> Chat:
    """A chat over the same objects; its language model is loaded at the first message that needs one."""
    return chat_over(open_recommender(home, config), home, config, language_model_of(home, config))


def chat_over(recommender: Recommender, home: Home, config: Config, model: Callable[[], LanguageModel]) -> Chat:
    """A chat over `recommender`."""
    from shortlist.agent.chat.agent import AgentInterpreter
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
        tools=Tools(recommender, home.catalogue, names, home.catalogue.tastes.get),
        threads=home.catalogue.threads,
        names=names,
        interpreter=lambda: AgentInterpreter(model(), names),
        mode=config.chat.mode,
    )


def evaluation_factories() -> Factories:
    """What `eval` builds its variants from."""
    from shortlist.eval.factories import Factories

    return Factories(encoder_of, open_recommender, open_home)


def repair(home: Home, config: Config, encoder: Callable[[], Encoder] | None = None) -> None:
    """Encode, index and write to Chroma what a stopped ingest or a restored backup left undone.

    Commands that write content and servers do this; commands that only read leave it to them. While another process
    writes, that process will.
    """
    from shortlist.core.errors import HomeLocked
    from shortlist.retrieval.index.indexer import update_index
    from shortlist.store.outbox import deliver, pending

    load = encoder or encoder_of(config)
    with suppress(HomeLocked):
        update_index(home, load)
        if pending(home):
            deliver(home, load)
