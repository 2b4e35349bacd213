"""Functions that evaluation gets from `app` to build an encoder, a recommender and a home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shortlist.agent.reader.records import Records
from shortlist.agent.recommend import Recommender
from shortlist.core.config import Config
from shortlist.models.encoders.encoder import Encoder
from shortlist.retrieval.index.act_log import ActLog
from shortlist.store.home import Home


@dataclass(frozen=True, slots=True)
class Factories:
    """Factories of the objects under evaluation.

    `encoder` returns a function that loads the encoder on its first call. `recommender` builds a recommender that reads
    the given `Records` and counts the given log, if any. `home` opens the user's home.
    """

    encoder: Callable[[Config], Callable[[], Encoder]]
    recommender: Callable[[Home, Config, Records, ActLog | None], Recommender]
    home: Callable[[Config], Home]
