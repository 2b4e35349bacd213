"""Who wins an experiment: what readers chose, by sessions of interleaved lists or by readers who were split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shortlist.core.exposures import Exposure
from shortlist.core.types import Event
from shortlist.eval.stats.sequential import SignTest, sign_test
from shortlist.eval.stats.split_test import SplitTest, split_test
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.events import POSITIVE
from shortlist.store.catalogue.experiments import A, B, Experiment


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of an experiment: lists shown, readers, sessions with and without a choice, and the test of them.

    If readers are split the test is one of readers.
    """

    experiment: Experiment
    lists: int
    readers: int
    sessions: int
    test: SignTest | SplitTest


@dataclass(slots=True)
class _Session:
    """Consecutive lists of one reader: the time of the last, and the number of chosen items by variant."""

    first: datetime
    last: datetime
    chosen: dict[str, int]

    @property
    def outcome(self) -> int:
        difference = self.chosen[B] - self.chosen[A]
        return (difference > 0) - (difference < 0)


def standing(catalogue: Catalogue, experiment: Experiment, gap_min: float) -> Standing:
    """Return the state of `experiment`. A pause of more than `gap_min` minutes between two lists begins a session."""
    shown = list(catalogue.exposures.iterate(experiment.name))
    events = catalogue.events.answering(experiment.started)
    sessions = sessions_of(shown, events, timedelta(minutes=gap_min))
    test: SignTest | SplitTest
    if experiment.design == "split":
        test = split_test(split_lists(experiment, shown, events))
    else:
        test = sign_test([session.outcome for session in sessions if any(session.chosen.values())])
    return Standing(experiment, len(shown), len({one.request.user_id for one in shown}), len(sessions), test)


def split_lists(
    experiment: Experiment, exposures: Iterable[Exposure], events: Mapping[str, Sequence[Event]]
) -> Iterator[tuple[str, str, int]]:
    """Yield (side, reader, number of chosen items) of each list."""
    for exposure in exposures:
        user_id = exposure.request.user_id
        chosen = chosen_variants(exposure, events.get(exposure.request_id, ()))
        yield experiment.side_of(user_id), user_id, len(chosen)


def sessions_of(exposures: Iterable[Exposure], events: Mapping[str, Sequence[Event]], gap: timedelta) -> list[_Session]:
    """Return the sessions in the order of their beginning. `exposures` are in the order of time.

    `events` are the events about each list, by request id. An item counts for its variant if its reader clicked, viewed
    or liked it, once a list.
    """
    sessions: list[_Session] = []
    newest: dict[str, _Session] = {}
    for exposure in exposures:
        user = exposure.request.user_id
        session = newest.get(user)
        if session is None or exposure.at - session.last > gap:
            session = newest[user] = _Session(exposure.at, exposure.at, defaultdict(int))
            sessions.append(session)
        session.last = exposure.at
        for variant in chosen_variants(exposure, events.get(exposure.request_id, ())):
            session.chosen[variant] += 1
    return sessions


def chosen_variants(exposure: Exposure, events: Iterable[Event]) -> list[str]:
    """Return the variant of each item of a list that its reader chose."""
    chosen = {
        event.item_id
        for event in events
        if event.user_id == exposure.request.user_id and event.kind == "video" and event.action in POSITIVE
    }
    return [item.variant for item in exposure.items if item.item_id in chosen and item.variant]
