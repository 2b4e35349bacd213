"""Judge a variant by the log of exposures, and refuse where the log cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from shortlist.agent.reader.records import Records
from shortlist.agent.recommend import Recommender
from shortlist.core.config import AUTO, NONE
from shortlist.core.errors import UsageError
from shortlist.core.exposures import Exposure
from shortlist.core.types import Event
from shortlist.eval.offpolicy.estimators import (
    Estimate,
    LoggedPlaces,
    doubly_robust,
    effective_size,
    ips,
    logged_value,
    snips,
    support,
)
from shortlist.eval.offpolicy.past import PastRecords
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.events import POSITIVE

CLIP = 100.0
BATCH = 64  # requests ranked together
LEAST_LISTS = 30  # for a normal interval
LEAST_SIZE = 20.0  # effective places
LEAST_SUPPORT = 0.95


@dataclass(frozen=True, slots=True)
class Offline:
    """The estimates for a variant, in choices a list.

    `refused` says why there are none. `clipped` is the share of the matching places whose weight was cut.
    """

    variant: str
    lists: int
    size: float
    support: Estimate
    clipped: float
    logged: Estimate
    estimates: Mapping[str, Estimate]
    refused: str | None

    @property
    def document(self) -> dict[str, Any]:
        """The document of `eval offline --json`."""
        return asdict(self)


def judge(
    catalogue: Catalogue, variant: str, method: str, open_variant: Callable[[Records], Recommender], clip: float = CLIP
) -> Offline:
    """Judge the recommender that `open_variant` builds over past records. `method` is its rerank method.

    Raises `UsageError` if the log has no lists.
    """
    exposures = [one for one in catalogue.exposures.iterate() if one.items]
    if not exposures:
        remedy = "see exposures.keep_days; `shortlist recommend` and the page fill the log"
        raise UsageError("the log of exposures is empty", expected="lists", found="none", remedy=remedy)
    recommender = open_variant(PastRecords(catalogue, exposures))
    ranked = _ranked(recommender, exposures, NONE if method == AUTO else method)
    events = catalogue.events.answering(min(one.at for one in exposures))
    return estimate(variant, places_of(exposures, ranked, events), clip)


def places_of(
    exposures: Sequence[Exposure], ranked: Sequence[Sequence[str]], events: Mapping[str, Sequence[Event]]
) -> LoggedPlaces:
    """Return the logged places. `ranked` are the lists of the other ranking, aligned with `exposures`."""
    rows = []
    for at, (exposure, ids) in enumerate(zip(exposures, ranked, strict=True)):
        chosen = {
            event.item_id
            for event in events.get(exposure.request_id, ())
            if event.user_id == exposure.request.user_id and event.action in POSITIVE
        }
        for item in exposure.items:
            agrees = item.rank <= len(ids) and ids[item.rank - 1] == item.item_id
            rows.append((at, item.rank - 1, agrees, item.propensity, item.item_id in chosen))
    of, place, target, propensity, reward = zip(*rows, strict=True)
    return LoggedPlaces(
        len(exposures), np.array(of), np.array(place), np.array(target, float), np.array(propensity),
        np.array(reward, float),
    )  # fmt: skip


def estimate(variant: str, places: LoggedPlaces, clip: float = CLIP) -> Offline:
    """Return all estimates, or the reason to refuse them."""
    size, supported = effective_size(places, clip), support(places)
    refused = _refusal(places.n, size, supported)
    estimates = {"ips": ips, "snips": snips, "doubly robust": doubly_robust}
    found = {} if refused else {name: function(places, clip) for name, function in estimates.items()}
    weights = places.weights()
    clipped = float(np.mean(weights[weights > 0] > clip)) if weights.any() else 0.0
    return Offline(variant, places.n, size, supported, clipped, logged_value(places), found, refused)


def _refusal(lists: int, size: float, supported: Estimate) -> str | None:
    if lists < LEAST_LISTS:
        return f"the log has {lists} lists, at least {LEAST_LISTS} are needed"
    if supported.high < LEAST_SUPPORT:
        return (
            f"support is missing: the weights add up to {supported.value:.0%} of its places "
            f"({max(0.0, supported.low):.0%} to {supported.high:.0%}). At the others it has items that the log never "
            "shows there, or too seldom. Collect lists with a larger exposures.explore, or interleave with "
            "`shortlist ops experiment start`"
        )
    if size < LEAST_SIZE:
        return (
            f"the log shows too few of its places: they are worth {size:.0f}, {LEAST_SIZE:.0f} are needed. "
            "Collect more lists, with exposures.explore above 0"
        )
    return None


def _ranked(recommender: Recommender, exposures: Sequence[Exposure], method: str) -> list[list[str]]:
    found: list[list[str]] = []
    for start in range(0, len(exposures), BATCH):
        requests = [
            replace(
                one.request, user_id=one.request_id, rerank=method, budget_ms=None,
                at=one.at if one.at < datetime.now(UTC) else None,
            )
            for one in exposures[start : start + BATCH]
        ]  # fmt: skip
        found += [[*one.result.final.ids][: one.ranked.request.k] for one in recommender.rank_many(requests)]
    return found
