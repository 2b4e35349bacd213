"""What evaluation is handed by `app`, which alone chooses and joins parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shortlist.agent.reader.records import Records
from shortlist.agent.recommend import Recommender
from shortlist.core.config import Config
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.home import Home


@dataclass(frozen=True, slots=True)
class Factories:
    """`encoder` gives what loads an encoder once, `recommender` one that reads `Records`, `home` the user's home."""

    encoder: Callable[[Config], Callable[[], Encoder]]
    recommender: Callable[[Home, Config, Records], Recommender]
    home: Callable[[Config], Home]
