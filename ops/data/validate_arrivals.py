"""Validate the files that were taken: put bad rows aside, refuse bad batches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from shortlist.core.errors import MediaError, RecordError, UsageError
from shortlist.ingest.media.local_files import check_suffix
from shortlist.ops.data.arrived_table import COLUMNS
from shortlist.ops.data.inbox import QUARANTINED
from shortlist.ops.data.ledger import Arrival
from shortlist.ops.data.quarantine import write_bad_rows
from shortlist.ops.data.rules import Kind
from shortlist.ops.data.validate import Validation, validate
from shortlist.ops.data.workplace import Workplace


def validate_arrivals(place: Workplace) -> list[Arrival]:
    """Validate every file that was taken. Return the arrivals: checked, refused or failed."""
    return [_validate(place, arrival) for arrival in place.ledger.in_state("taken")]


def _validate(place: Workplace, arrival: Arrival) -> Arrival:
    path = place.path_of(arrival)
    if not path.exists():
        return place.end(replace(arrival, why=("the file is gone from processing/",)), "failed")
    if arrival.kind == "media":
        return _check_media(place, arrival, path)
    if arrival.kind == "transcripts":
        return place.ledger.put(replace(arrival, state="checked"))
    try:
        found = _verdict(place, arrival, arrival.kind, path)
    except (UsageError, RecordError) as error:
        why = str(error).replace(str(path), arrival.name)
        return place.end(replace(arrival, why=(why,)), "failed")
    table = found.table
    arrival = replace(
        arrival, rows=table.n_rows, repeated=len(found.repeated), bad=len(found.reasons), broken=found.broken,
        columns=tuple(name for name in table.raw.columns if name in COLUMNS[arrival.kind].names),
        why=(*found.refused, *found.warnings),
    )  # fmt: skip
    if found.refused:
        return place.end(arrival, "refused")
    quarantine = quarantine_rows(place, arrival, found) if found.reasons else ""
    place.write_verdict(arrival, {*found.reasons, *found.repeated}, found.references)
    return place.ledger.put(replace(arrival, state="checked", quarantine=quarantine))


def quarantine_rows(place: Workplace, arrival: Arrival, found: Validation) -> str:
    """Keep the bad rows of an arrival in quarantine/. Return the name of the file."""
    scratch = place.scratch(arrival, ".rows")
    suffix = write_bad_rows(found.table, place.path_of(arrival), found.reasons, scratch)
    name = arrival.name_in(QUARANTINED, suffix)
    place.inbox.keep(scratch, name)
    return name


def _verdict(place: Workplace, arrival: Arrival, kind: Kind, path: Path) -> Validation:
    return validate(
        path,
        kind,
        place.config.pipeline,
        datetime.now(UTC),
        place.home.catalogue.events.latest(),
        place.ledger.usual(kind),
        accepted=arrival.accepted,
    )


def _check_media(place: Workplace, arrival: Arrival, path: Path) -> Arrival:
    try:
        check_suffix(path.name)
    except MediaError as error:
        return place.end(replace(arrival, why=(str(error),)), "failed")
    return place.ledger.put(replace(arrival, state="checked"))
