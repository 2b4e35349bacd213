"""The objects that `app` passes to the servers: an open home, and factories for recommenders and chats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shortlist.agent.chat.session import Chat
from shortlist.agent.recommend import Recommender
from shortlist.core.config import Config
from shortlist.models.encoders.encoder import Encoder
from shortlist.serving.limits.interprocess import SharedLimits
from shortlist.serving.service.metrics import Metrics
from shortlist.store.catalogue.erasure.subject import Subject
from shortlist.store.exposure_log import ExposureLog
from shortlist.store.home import Home


@dataclass(frozen=True, slots=True, eq=False)
class AppContext:
    """Application context of one server process.

    `recommender()` returns a recommender over the newest revision, and `chat(recommender)` a chat over it.
    `variant(name)` returns the recommender of one of `variants`, and its rerank method. `forget(subject)`
    erases a reader, video or article and returns the receipt, and `export_reader(user_id)` returns all that is stored
    of a reader.
    `exposures` is the log of what readers are shown. `back_up()` makes the daily backup if it is due. `follow()` uses a
    newer published snapshot if there is one; it is None unless the home follows them. The recommenders
    share one encoder and one language model, a `DeadlineModel` whose completions are counted in `metrics`. `shared`
    holds the limits that all processes of a server share. `keyless` is True if the home had no key when the server
    started, which is decided once for all processes.
    """

    home: Home
    config: Config
    encoder: Callable[[], Encoder]
    recommender: Callable[[], Recommender]
    chat: Callable[[Recommender], Chat]
    variants: tuple[str, ...]
    variant: Callable[[str], tuple[Recommender, str]]
    forget: Callable[[Subject], dict[str, Any]]
    export_reader: Callable[[str], dict[str, Any]]
    exposures: ExposureLog
    back_up: Callable[[], None]
    follow: Callable[[], None] | None
    shared: SharedLimits
    metrics: Metrics
    keyless: bool
