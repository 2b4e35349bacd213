"""Where parts are chosen and joined: a configuration -> a home, an encoder, a language model, a recommender, a chat."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from core.config import Config
from models.encoder import Encoder
from models.language_model import LanguageModel
from store.home import CATALOGUE, Home

if TYPE_CHECKING:
    from agent.chat.session import Chat
    from agent.recommend import Recommender

# Part of every cached answer's key: raise it when the adapters ask a model in another way.
ANSWERS_VERSION = "1"


def open_home(config: Config, *, create: bool = False) -> Home:
    """The home of `config`; one that does not exist is made with `create`, else refused. Raises as `Home.open`."""
    exists = (config.home / CATALOGUE).exists()
    return Home.open(config.home, config.encoder.name if create or exists else None)


def encoder_of(config: Config) -> Callable[[], Encoder]:
    """Loads the encoder at the first call and keeps it."""

    @cache
    def load() -> Encoder:
        from models.encoders import load_encoder

        return load_encoder(config.encoder, config.models)

    return load


def language_model_of(home: Home, config: Config) -> Callable[[], LanguageModel]:
    """Loads the language model at the first call and keeps it; its answers are remembered in the home."""

    @cache
    def load() -> LanguageModel:
        from models.llms import load_language_model
        from store.model_cache import CachedModel

        return CachedModel(load_language_model(config.llm, config.models), home.answers, ANSWERS_VERSION)

    return load


def open_recommender(home: Home, config: Config) -> Recommender:
    """A recommender over one revision of `home`, after anything left undone by a crash is mended."""
    from agent.recommend import Recommender
    from retrieval.build import build_retriever
    from retrieval.index import load_snapshot

    mend(home, config)
    snapshot = load_snapshot(home, config.retrieval)
    return Recommender(
        records=home.catalogue,
        snapshot=snapshot,
        retriever=build_retriever(snapshot, config.retrieval),
        encoder=encoder_of(config),
        model=language_model_of(home, config),
        profile=config.profile,
        rerank=config.rerank,
    )


def open_chat(home: Home, config: Config) -> Chat:
    """A chat over the same objects."""
    from agent.chat.session import Chat

    return Chat(open_recommender(home, config), home.catalogue, home.catalogue)


def mend(home: Home, config: Config) -> None:
    """Deliver to Chroma what a stopped ingest left pending. While another process writes, that process will."""
    from core.errors import HomeLocked
    from store.outbox import deliver, pending

    if not pending(home):
        return
    try:
        deliver(home, encoder_of(config))
    except HomeLocked:
        return
