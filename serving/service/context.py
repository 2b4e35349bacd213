"""What the servers get from `app`: an engine, and what all processes of a server share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shortlist.agent.recommend import Recommender
from shortlist.engine.engine import Engine
from shortlist.serving.limits.interprocess import SharedLimits
from shortlist.serving.service.metrics import Metrics
from shortlist.store.catalogue.erasure.subject import Subject


@dataclass(frozen=True, slots=True, eq=False)
class AppContext:
    """Application context of one server process.

    The language model of `engine` is a `DeadlineModel` whose completions are counted in `metrics`. `variant(name)`
    returns the recommender of one of `variants`, and its rerank method. `forget(subject)` erases a reader, video or
    article and returns the receipt, and `export_reader(user_id)` returns all that is stored of a reader. `shared` holds
    the limits that all processes of a server share. `keyless` is True if the home had no key when the server started,
    which is decided once for all processes.
    """

    engine: Engine
    variants: tuple[str, ...]
    variant: Callable[[str], tuple[Recommender, str]]
    forget: Callable[[Subject], dict[str, Any]]
    export_reader: Callable[[str], dict[str, Any]]
    shared: SharedLimits
    metrics: Metrics
    keyless: bool
