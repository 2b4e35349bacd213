"""The way of a file through the pipeline: taken from incoming/, validated, stored. A file fails alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from shortlist.core.errors import UsageError
from shortlist.ingest.load import IngestResult, load_articles, load_parsed_events, load_readers, load_videos
from shortlist.ingest.media.local_files import LocalSource, check_suffix
from shortlist.ingest.media.pipeline import load_media
from shortlist.ingest.media.source import MediaFilter
from shortlist.ingest.tables.limits import Limits
from shortlist.ops.data.faults import is_of_the_file, one_reason, system_errors
from shortlist.ops.data.inbox import QUARANTINED, FileKind, Found
from shortlist.ops.data.ledger import Arrival, Outcome, Usual
from shortlist.ops.data.names import is_safe_name, safe_name
from shortlist.ops.data.quarantine import write_bad_rows
from shortlist.ops.data.tables import COLUMNS, AcceptedRows, Kind
from shortlist.ops.data.validate import Batch, Known, unknown_references, validate
from shortlist.ops.data.workplace import Workplace, digest, stamp

Ended = tuple[Arrival, Outcome | None]  # what became of an arrival, and its outcome if that is known
Work = Callable[[Workplace, Arrival, Path], Ended]

EVENT_BATCH = 5000  # events in one transaction
ORDER: tuple[FileKind, ...] = ("videos", "articles", "media", "transcripts", "readers", "events")

NAME_REMEDY = "expected at most 200 bytes of printable UTF-8 between two slashes; rename the file"

log = logging.getLogger(__name__)


def take_arrivals(place: Workplace) -> list[Arrival]:
    """Move the complete files of incoming/ to processing/ and record them. Return the new arrivals.

    A file whose content was stored before is recorded as a duplicate and deleted. One whose name cannot be printed or
    stored fails under a safe name. First finishes what a killed run left behind: a file in processing/ that is in no
    record was taken and not recorded.
    """
    with system_errors(place.home.path):
        for arrival in place.ledger.in_state("finishing"):
            place.finish(arrival)
        finished = place.ledger.finished_versions()
        sources: dict[tuple[FileKind, str], Found] = {}
        for found in place.found():
            name = safe_name(found.name)
            if (found.kind, name, found.version) in finished:
                place.inbox.clear(found)
            elif _take(place, found, place.path(found.kind, name)):
                sources[found.kind, name] = found
        return [_record(place, kind, path, sources) for kind, path in place.unrecorded()]


def accept(place: Workplace, number: int) -> Arrival:
    """Take a refused file again, and let its batch pass. Raises `UsageError` if there is no such file."""
    arrival = place.ledger.get(number)
    if arrival is None or arrival.state != "refused":
        found = "no such arrival" if arrival is None else f"one that is {arrival.state}"
        raise UsageError(
            f"arrival {number} cannot be accepted",
            expected="the number of a refused file",
            found=found,
            remedy="`shortlist ops pipeline arrivals` lists them",
        )
    try:
        place.inbox.fetch(arrival.kept, place.path_of(arrival))
    except FileNotFoundError as error:
        raise UsageError(
            f"arrival {number} is gone",
            expected=f"the file {arrival.kept}",
            found="nothing",
            remedy=f"put it into incoming/{arrival.kind}/ again",
        ) from error
    place.inbox.remove(f"{arrival.kept}.why.txt")
    again = replace(arrival, state="taken", outcome=None, kept="", why=(), broken=None, accepted=True)
    return place.ledger.put(again)


def validate_arrivals(place: Workplace) -> list[Arrival]:
    """Validate every file that was taken, small ones first. Return the arrivals: checked, refused or failed."""
    usual = cache(place.ledger.usual)

    def work(place: Workplace, arrival: Arrival, path: Path) -> Ended:
        return _validate(place, arrival, path, usual)

    with system_errors(place.home.path):
        taken = sorted(place.ledger.in_state("taken"), key=place.size)
        return [_attempt(place, arrival, work) for arrival in taken]


def ingest_arrivals(place: Workplace) -> list[Arrival]:
    """Store every file that was checked, and delete tables in done/ that were kept long enough. Return the arrivals.

    Raises `HomeLocked` while another process writes content: the files stay checked, and the next call stores them.
    """
    with system_errors(place.home.path):
        checked = sorted(place.ledger.in_state("checked"), key=lambda one: (ORDER.index(one.kind), one.number))
        arrivals = [_attempt(place, arrival, _ingest) for arrival in checked]
        _delete_old(place)
        return arrivals


def known_in(place: Workplace) -> Known:
    """Return a function that says which ids the catalogue of `place` has."""
    catalogue = place.home.catalogue

    def known(table: str, ids: Iterable[str]) -> set[str]:
        return catalogue.videos.known(ids) if table == "videos" else set(catalogue.articles.outlines(ids))

    return known


def _attempt(place: Workplace, arrival: Arrival, work: Work) -> Arrival:
    """Do the `work` of a step on one file. Whatever is wrong with the file becomes its reason to fail."""
    path = place.path_of(arrival)
    if not path.exists():
        return place.end(replace(arrival, why=("the file is gone from processing/",)), "failed")
    try:
        after, outcome = work(place, arrival, path)
    except Exception as error:
        if not is_of_the_file(error, place.home.path):
            raise
        log.warning("arrival %d failed", arrival.number, exc_info=not isinstance(error, UsageError))
        why = one_reason(error).replace(str(path), arrival.name)
        after, outcome = replace(arrival, why=(*arrival.why, why)), "failed"
    return place.ledger.put(after) if outcome is None else place.end(after, outcome)


def _take(place: Workplace, found: Found, path: Path) -> bool:
    try:
        return not path.exists() and place.inbox.take(found, path)
    except OSError as error:
        if not is_of_the_file(error, place.home.path):
            raise
        log.warning("cannot take %s: %s", ascii(found.name), one_reason(error))
        return False


def _record(place: Workplace, kind: FileKind, path: Path, sources: Mapping[tuple[FileKind, str], Found]) -> Arrival:
    """Record a file in processing/. `sources` has the files that were just taken, by their safe names."""
    given = place.name_of(kind, path)
    name = safe_name(given)
    if name != given:  # an earlier version took it
        path = path.rename(place.path(kind, name))
    found = sources.get((kind, name), Found(kind, given, ""))
    try:
        stamped, sha256, why = stamp(path), digest(path), ""
    except OSError as error:
        if not is_of_the_file(error, place.home.path):
            raise
        stamped, sha256, why = "", "", one_reason(error).replace(str(path), name)
    if not is_safe_name(found.name):
        why = f"the name {ascii(found.name)[:80]} cannot be kept: {NAME_REMEDY}"
    stored = place.ledger.stored_before(kind, sha256)
    arrival = place.ledger.add(kind, name, found.version, sha256, stamped)
    if why:
        arrival = place.end(replace(arrival, why=(why,)), "failed")
        place.inbox.clear(found)
    elif stored is not None:
        path.unlink()
        place.inbox.clear(found)
        duplicate = (f"the same content as number {stored.number}, {stored.name}",)
        arrival = place.ledger.put(replace(arrival, state="duplicate", why=duplicate))
    return arrival


def _validate(place: Workplace, arrival: Arrival, path: Path, usual: Callable[[FileKind], Usual]) -> Ended:
    kind = arrival.kind
    if kind == "media":
        check_suffix(path.name)
    if kind == "media" or kind == "transcripts":
        return replace(arrival, state="checked"), None
    limits = Limits.of(place.config.ingest)
    latest = place.home.catalogue.events.latest()
    batch = Batch(place.config.pipeline, limits, usual(kind), datetime.now(UTC), latest, arrival.accepted)
    with place.keeping_events(arrival) as keep:
        found = validate(path, kind, batch, keep)
    arrival = replace(
        arrival, rows=found.rows, repeated=len(found.repeated), bad=len(found.reasons), broken=dict(found.broken),
        columns=tuple(name for name in found.columns if name in COLUMNS[kind].names),
        why=(*found.refused, *found.warnings),
    )  # fmt: skip
    if found.refused:
        return arrival, "refused"
    quarantine = ""
    if found.reasons:
        scratch = place.scratch(arrival, ".rows")
        quarantine = arrival.name_in(QUARANTINED, write_bad_rows(path, kind, limits, found, scratch))
        place.inbox.keep(scratch, quarantine)
    place.write_verdict(arrival, {*found.reasons, *found.repeated}, found.references)
    return replace(arrival, state="checked", quarantine=quarantine), None


def _ingest(place: Workplace, arrival: Arrival, path: Path) -> Ended:
    if place.is_changed(arrival, path):
        return replace(arrival, why=("it was still being written",)), "returned"
    if arrival.kind == "media":
        limits = MediaFilter(place.config.media.max_file_duration_s)
        source = LocalSource(path, place.config.media, limits)
        loaded = load_media(place.home, [source], place.models, place.config.ingest, place.config.media)
    elif arrival.kind == "transcripts":
        loaded = load_videos(place.home, path, place.models.encoder, place.config.ingest)
    else:
        left_out, references = place.read_verdict(arrival)
        unknown = () if arrival.accepted else tuple(unknown_references(references, known_in(place)))
        if unknown:
            return _without_quarantine(place, replace(arrival, why=(*unknown, *arrival.why))), "refused"
        rows = AcceptedRows(path, arrival.kind, left_out, Limits.of(place.config.ingest))
        loaded = _load(place, arrival, arrival.kind, rows)
    failed = tuple(failure.reason for failure in loaded.failures)
    if failed and arrival.kind != "media":  # the reasons quote rows, which do not belong into the ledger
        failed = (f"{len(failed):,} rows could not be stored",)
    why = (*arrival.why, *(note.public for note in loaded.notes), *failed)
    stored = replace(arrival, new=loaded.new, changed=loaded.changed, unchanged=loaded.unchanged, why=why)
    none = loaded.new + loaded.changed + loaded.unchanged == 0
    return stored, "failed" if none and failed else "done"


def _load(place: Workplace, arrival: Arrival, kind: Kind, rows: AcceptedRows) -> IngestResult:
    """Store the accepted rows. Events were parsed when they were validated."""
    config = place.config.ingest
    match kind:
        case "videos":
            return load_videos(place.home, rows, place.models.encoder, config)
        case "articles":
            return load_articles(place.home, rows, place.models.encoder, config)
        case "readers":
            return load_readers(place.home, rows, config)
        case "events":
            return load_parsed_events(place.home, place.kept_events(arrival, rows.left_out), EVENT_BATCH)


def _without_quarantine(place: Workplace, arrival: Arrival) -> Arrival:
    """Take the bad rows of a refused batch out of quarantine: they are in the refused file, too."""
    if arrival.quarantine:
        place.inbox.remove(arrival.quarantine)
    return replace(arrival, quarantine="", bad=0)


def _delete_old(place: Workplace) -> None:
    old = datetime.now(UTC) - timedelta(days=place.config.pipeline.keep_days)
    for arrival in place.ledger.in_state("done"):
        if arrival.kind != "media" and arrival.kept and arrival.at < old:
            place.inbox.remove(arrival.kept)
            place.ledger.put(replace(arrival, kept=""))
