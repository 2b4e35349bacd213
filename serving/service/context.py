"""What `app` hands to the servers: one open home, and how to make a recommender and a chat over it."""

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

    `variant` makes one of the ways to rank called `variants`, and says by which method it reranks. All that they make
    share one encoder and one language model, which is asked through `serving.stop.Stoppable` and counted in
    `metrics`. `shared` is what the processes of one server have in common. `keyless` says whether the home had no key
    when the server started: decided once for all its processes.
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
