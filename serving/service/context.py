"""The objects that `app` passes to the servers: one open home, and factories of recommenders and chats over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shortlist.agent.chat.session import Chat
from shortlist.agent.recommend import Recommender
from shortlist.core.config import Config
from shortlist.models.encoders.encoder import Encoder
from shortlist.serving.limits.interprocess import SharedLimits
from shortlist.serving.service.metrics import Metrics
from shortlist.store.home import Home


@dataclass(frozen=True, slots=True, eq=False)
class AppContext:
    """`recommender` makes one over the newest revision, `chat` one over a recommender.

    `variant` makes the recommender of one of `variants`, and names its rerank method. All of them share one encoder and
    one language model, a `DeadlineModel` whose answers are counted in `metrics`. `shared` holds the limits that the
    processes of one server have in common. `keyless` says whether the home had no key when the server started: decided
    once for all its processes.
    """

    home: Home
    config: Config
    encoder: Callable[[], Encoder]
    recommender: Callable[[], Recommender]
    chat: Callable[[Recommender], Chat]
    variants: tuple[str, ...]
    variant: Callable[[str], tuple[Recommender, str]]
    shared: SharedLimits
    metrics: Metrics
    keyless: bool
