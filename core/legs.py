"""The table of legs: all that the configuration, the fusions, reasons, exports and evaluations know of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shortlist.core.config_sections.section import Section
from shortlist.core.plugins import Table


@dataclass(frozen=True, slots=True)
class LegSpec:
    """A leg, its defaults, and how it is spoken of.

    `build` gets a snapshot and the `RetrievalConfig`, and returns the `shortlist.retrieval.legs.leg.Leg`; settings of
    its own are in `[retrieval.legs.NAME]`, checked by the model `settings`. `weight` and `text_weight` are the default
    weights for readers and for texts. A learned ranker asks for its best `ranker_depth` videos, none with 0. `phrase`
    gets a `Candidate` and a `ReasonContext` of `shortlist.agent.explain.reasons`, and returns a reason without a full
    stop, or None. The leg is measured alone as the ablation variant NAME, described by `about`, on data of `kinds`
    (all if empty), and with a weight also by its absence, as without-NAME; one that is `trained` is not.
    """

    build: Callable[[Any, Any], Any]
    weight: float = 0.0
    text_weight: float = 0.0
    ranker_depth: int = 0
    phrase: Callable[[Any, Any], str | None] | None = None
    settings: type[Section] | None = None
    about: str = ""
    kinds: tuple[str, ...] = ()
    trained: bool = False


LEGS: Table[LegSpec] = Table("leg", "shortlist.retrieval.legs")
OF_READERS = ("mind", "watches", "events", "simulated")  # kinds of data whose queries are readers
