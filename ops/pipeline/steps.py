"""The table of steps, from arriving files to a promoted model. A new step is one row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from shortlist.ops.data.ledger import OPEN
from shortlist.ops.data.workplace import Workplace
from shortlist.ops.drift.daily import newest_active_day
from shortlist.ops.features.local_store import LocalFeatureStore
from shortlist.ops.features.progress import read_progress
from shortlist.ops.publish.place import open_place
from shortlist.ops.publish.publish import read_pointer
from shortlist.retrieval.trained.versions import registry
from shortlist.store.home_files import DRIFT_REPORT

Resource = Literal[
    "incoming",
    "taken",
    "checked",
    "catalogue",
    "features",
    "days",
    "drift",
    "versions",
    "approved",
    "models",
    "destination",
    "snapshots",
]


@dataclass(frozen=True, slots=True)
class Step:
    """A `shortlist` command that turns `inputs` into `outputs`.

    `remedy` tells a person what to do if it fails. A step that `needs_events` waits until there are so many new ones
    (`pipeline.train_after`). An exit code in `not_yet` means that it cannot do its work yet, which is no failure.
    """

    name: str
    command: tuple[str, ...]
    inputs: tuple[Resource, ...]
    outputs: tuple[Resource, ...]
    remedy: str
    needs_events: bool = False
    idle: str = "nothing waits"  # said if an input is empty
    not_yet: frozenset[int] = frozenset()


STEPS: tuple[Step, ...] = (
    Step(
        "arrive",
        ("ops", "pipeline", "arrive"),
        ("incoming",),
        ("taken",),
        "check that pipeline.folder can be read and written, and that the disk is not full",
    ),
    Step(
        "validate",
        ("ops", "pipeline", "validate"),
        ("taken",),
        ("checked",),
        "`shortlist ops pipeline arrivals` lists the files; a file that stops the command may leave processing/",
    ),
    Step(
        "ingest",
        ("ops", "pipeline", "ingest"),
        ("checked",),
        ("catalogue",),
        "wait for another process that writes, or see `shortlist doctor`; the next run stores the files",
    ),
    Step(
        "features",
        ("ops", "features", "build"),
        ("catalogue",),
        ("features", "days"),
        "run `shortlist ops features build` to see why; what was built before stays in use",
    ),
    Step(
        "drift",
        ("ops", "drift", "--exit-zero"),
        ("days",),
        ("drift",),
        "run `shortlist ops drift` to see why; the report of the last time stays in use",
        not_yet=frozenset({2}),
    ),
    Step(
        "train",
        ("train", "all", "--no-promote"),
        ("catalogue",),
        ("versions",),
        "run `shortlist train all` to see why; the version in use stays in use",
        needs_events=True,
        not_yet=frozenset({2}),
    ),
    Step(
        "promote",
        ("models", "promote"),
        ("versions", "approved"),
        ("models",),
        "see `shortlist models history`; the version in use stays in use",
    ),
    Step(
        "publish",
        ("ops", "publish"),
        ("catalogue", "models", "destination"),
        ("snapshots",),
        "check that publish.to can be written; servers use the snapshot before, and the next run sends what is missing",
        idle="publish.to is not set",
    ),
)


def _incoming(place: Workplace) -> object:
    found = [(one.kind, one.name, one.version) for one in place.found()]
    left = [place.name_of(kind, path) for kind, path in place.unrecorded()]
    last = place.ledger.newest(1)
    # The same names may arrive again after these were taken: the number of the last arrival tells them apart.
    waits = found or left or place.ledger.in_state("finishing")
    return [found, left, [one.number for one in last]] if waits else None


def _taken(place: Workplace) -> object:
    return [one.number for one in place.ledger.in_state("taken")] or None


def _checked(place: Workplace) -> object:
    return [one.number for one in place.ledger.in_state("checked")] or None


def _catalogue(place: Workplace) -> object:
    catalogue = place.home.catalogue
    return [catalogue.revision(), *catalogue.events.version()]


def _features(place: Workplace) -> object:
    return asdict(progress) if (progress := read_progress(place.home.path)) else {}


def _days(place: Workplace) -> object:
    """Return the newest complete day with events: what drifted changes once a day, or if past days arrive."""
    store, yesterday = LocalFeatureStore(place.home), datetime.now(UTC).date() - timedelta(days=1)
    newest = newest_active_day(store, yesterday) if store.progress() else None
    return str(newest) if newest else None


def _drift(place: Workplace) -> object:
    report = place.home.path / DRIFT_REPORT
    return report.read_text(encoding="utf-8") if report.exists() else ""


def _versions(place: Workplace) -> object:
    return registry(place.home.path).names()


def _approved(place: Workplace) -> object:
    return registry(place.home.path).waiting()


def _models(place: Workplace) -> object:
    return registry(place.home.path).champion()


def _destination(place: Workplace) -> object:
    return place.config.publish.to


def _snapshots(place: Workplace) -> object:
    pointer, _ = read_pointer(open_place(place.config.publish.to or "", place.config.media))
    return pointer.snapshots[0].name if pointer else ""


STATES: Mapping[Resource, Callable[[Workplace], object]] = {
    "incoming": _incoming,
    "taken": _taken,
    "checked": _checked,
    "catalogue": _catalogue,
    "features": _features,
    "days": _days,
    "drift": _drift,
    "versions": _versions,
    "approved": _approved,
    "models": _models,
    "destination": _destination,
    "snapshots": _snapshots,
}


def state_of(resources: tuple[Resource, ...], place: Workplace) -> str | None:
    """Return a hash of the content of `resources`, or None if one of them is an empty queue."""
    states = [STATES[resource](place) for resource in resources]
    return None if None in states else hashlib.sha256(json.dumps(states).encode()).hexdigest()[:16]


def is_unfinished(place: Workplace) -> bool:
    """Return whether files were taken and are not finished."""
    return bool(place.ledger.in_state(*OPEN) or place.unrecorded())
