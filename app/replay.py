"""Repeat the answer to a recorded request, over the state of that time as far as it is still there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shortlist.core.config import AUTO, Config
from shortlist.core.errors import UnknownItem
from shortlist.core.exposures import Exposure, ShownItem, shown_items
from shortlist.core.json_documents import answer_document
from shortlist.core.types import Event
from shortlist.engine.build import open_shown
from shortlist.eval.hashes import config_hash
from shortlist.retrieval.trained.versions import versions
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.events import Events
from shortlist.store.catalogue.experiments import Experiment
from shortlist.store.catalogue.results import Activity
from shortlist.store.home import Home
from shortlist.store.registry.decisions import NO_MODELS

EVERY = 1_000_000  # events of one reader
AND = " and "  # between the models of the two variants of an experiment, if they differ


@dataclass(frozen=True, slots=True)
class Replay:
    """A recorded answer, the answer now, and in words what has changed since that the answer may depend on."""

    exposure: Exposure
    now: tuple[ShownItem, ...]
    changed: tuple[str, ...]

    @property
    def same(self) -> bool:
        """True if both have the same videos in the same order, with the same scores to six decimals."""
        return _places(self.exposure.items) == _places(self.now)

    @property
    def document(self) -> dict[str, Any]:
        """The document of `replay --json`."""
        return {
            "request_id": self.exposure.request_id,
            "user_id": self.exposure.request.user_id,
            "at": self.exposure.at.isoformat(),
            "same": self.same,
            "changed": list(self.changed),
            "then": [{"video_id": item, "score": score} for item, score in _places(self.exposure.items)],
            "now": [{"video_id": item, "score": score} for item, score in _places(self.now)],
        }


def replay(home: Home, config: Config, request_id: str) -> Replay:
    """Answer a recorded request again and compare. Raises `UnknownItem`, and what `Recommender.recommend` raises.

    The reader's events are those of that time, and so are the trained models if their version is still there. Lists of
    an experiment are interleaved, and explored ones drawn, with the same coins. Content,
    counts of all readers' events, objective and settings are those of now: the segments of an index are merged, so an
    old revision cannot be searched.
    """
    exposure = home.catalogue.exposures.get(request_id)
    if exposure is None:
        expected, remedy = "the request_id of a recorded answer", "take it from `recommend --json`"
        raise UnknownItem("unknown request", expected=expected, found=repr(request_id), remedy=remedy)
    user_id = exposure.request.user_id
    newer = [event for _, event in home.catalogue.events.iterate(exposure.last_event)]
    own = frozenset(event.event_id for event in newer if event.user_id == user_id)
    experiment = _experiment_of(home.catalogue, exposure)
    lost = set(exposure.models.split(AND)) - {NO_MODELS, *versions(home.path)}
    then = config
    if not lost and AND not in exposure.models:  # else the variants of the experiment name them
        retrieval = config.retrieval.model_copy(update={"models": exposure.models})
        then = config.model_copy(update={"retrieval": retrieval})
    if all(item.propensity == 1 for item in exposure.items):  # nothing was drawn: exported lists are not explored
        then = then.model_copy(update={"exposures": then.exposures.model_copy(update={"explore": 0.0})})
    records = _RecordsThen(home.catalogue, own)
    recommender = open_shown(home, then, experiment, records, until=exposure.last_event)
    now = shown_items(answer_document(recommender.recommend(exposure.request)))
    changed = [*_changes(home, config, exposure, recommender.snapshot.revision)]
    if experiment is None and exposure.experiment is not None:
        changed.append(f"the experiment {exposure.experiment}, which is gone")
    if newer:
        changed.append(f"events added, which popularity and co-watch counts include: {len(newer):,}")
    if lost:
        changed.append(f"the trained models: {', '.join(sorted(lost))} is gone")
    return Replay(exposure, now, tuple(changed))


def _changes(home: Home, config: Config, exposure: Exposure, revision: int) -> Iterator[str]:
    if revision != exposure.revision:
        number = home.catalogue.changed_since(exposure.revision)
        yield f"videos and articles stored or removed, revision {exposure.revision} to {revision}: {number:,}"
    if config_hash(config, AUTO) != exposure.settings:
        yield "another configuration"
    stored = home.catalogue.objectives.stored_at(exposure.request.user_id)
    if stored is not None and stored > exposure.at:
        yield f"the reader's objective, at {stored:%Y-%m-%d %H:%M} UTC"
    ranks = [item.rank for item in exposure.items]
    if ranks != list(range(1, len(ranks) + 1)):
        yield "videos of the list that were forgotten"


def _experiment_of(catalogue: Catalogue, exposure: Exposure) -> Experiment | None:
    return next((one for one in catalogue.experiments.all() if one.name == exposure.experiment), None)


class _EventsThen:
    """The events of a reader without `newer` ones."""

    def __init__(self, events: Events, newer: frozenset[str]) -> None:
        self._events = events
        self._newer = newer

    def newest_interactions(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        found = self._events.newest_interactions(user_ids, limit + len(self._newer))
        return {user_id: self._older(events)[:limit] for user_id, events in found.items()}

    def activity(self, user_ids: Sequence[str]) -> dict[str, Activity]:
        if not self._newer:
            return self._events.activity(user_ids)
        found = self._events.newest(user_ids, EVERY)
        return {user_id: Activity.of(self._older(events)) for user_id, events in found.items()}

    def last_number(self) -> int:
        return self._events.last_number()

    def _older(self, events: Sequence[Event]) -> list[Event]:
        return [event for event in events if event.event_id not in self._newer]


class _RecordsThen:
    """`agent.reader.records.Records` of a catalogue without `newer` events."""

    def __init__(self, catalogue: Catalogue, newer: frozenset[str]) -> None:
        self.videos, self.articles, self.readers = catalogue.videos, catalogue.articles, catalogue.readers
        self.events, self.objectives = _EventsThen(catalogue.events, newer), catalogue.objectives
        self.snapshot = catalogue.snapshot


def _places(items: Sequence[ShownItem]) -> list[tuple[str, float | None]]:
    return [(item.item_id, item.score) for item in items]
