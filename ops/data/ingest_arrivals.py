"""Store the files that passed validation: content first, then the events about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shortlist.core.errors import RecordError, UsageError
from shortlist.ingest.load import IngestResult, load_articles, load_events, load_readers, load_videos
from shortlist.ingest.media.local_files import LocalSource
from shortlist.ingest.media.pipeline import load_media
from shortlist.ingest.media.source import MediaFilter
from shortlist.ops.data.arrived_table import AcceptedRows
from shortlist.ops.data.inbox import FileKind
from shortlist.ops.data.ledger import Arrival
from shortlist.ops.data.rules import Kind
from shortlist.ops.data.validate import Known, unknown_references
from shortlist.ops.data.workplace import Workplace, digest

Load = Callable[[Workplace, AcceptedRows], IngestResult]

LOADS: Mapping[Kind, Load] = {
    "videos": lambda place, rows: load_videos(place.home, rows, place.models.encoder, place.config.ingest),
    "articles": lambda place, rows: load_articles(place.home, rows, place.models.encoder, place.config.ingest),
    "readers": lambda place, rows: load_readers(place.home, rows, place.config.ingest),
    "events": lambda place, rows: load_events(place.home, rows, place.config.ingest),
}
ORDER: tuple[FileKind, ...] = ("videos", "articles", "media", "transcripts", "readers", "events")


def ingest_arrivals(place: Workplace) -> list[Arrival]:
    """Store every file that was checked, and delete tables in done/ that were kept long enough. Return the arrivals.

    Raises `HomeLocked` while another process writes content: the files stay checked, and the next call stores them.
    """
    checked = sorted(place.ledger.in_state("checked"), key=lambda one: (ORDER.index(one.kind), one.number))
    arrivals = [_ingest(place, arrival) for arrival in checked]
    _delete_old(place)
    return arrivals


def _ingest(place: Workplace, arrival: Arrival) -> Arrival:
    path = place.path_of(arrival)
    if not path.exists():
        return place.end(replace(arrival, why=("the file is gone from processing/",)), "failed")
    if digest(path) != arrival.sha256:
        return place.end(replace(arrival, why=("it was still being written",)), "returned")
    try:
        if arrival.kind == "media":
            loaded = _load_media(place, path)
        elif arrival.kind == "transcripts":
            loaded = load_videos(place.home, path, place.models.encoder, place.config.ingest)
        else:
            left_out, references = place.read_verdict(arrival)
            unknown = () if arrival.accepted else tuple(unknown_references(references, arrival.kind, known_in(place)))
            if unknown:
                return _refuse(place, replace(arrival, why=(*unknown, *arrival.why)))
            loaded = LOADS[arrival.kind](place, AcceptedRows(path, arrival.kind, left_out))
    except (UsageError, RecordError) as error:
        return place.end(replace(arrival, why=(str(error).replace(str(path), arrival.name),)), "failed")
    failed = tuple(failure.reason for failure in loaded.failures)
    if failed and arrival.kind != "media":  # the reasons quote rows, which do not belong into the ledger
        failed = (f"{len(failed):,} rows could not be stored",)
    why = (*arrival.why, *(note.public for note in loaded.notes), *failed)
    stored = replace(arrival, new=loaded.new, changed=loaded.changed, unchanged=loaded.unchanged, why=why)
    none = loaded.new + loaded.changed + loaded.unchanged == 0
    return place.end(stored, "failed" if none and failed else "done")


def _load_media(place: Workplace, path: Path) -> IngestResult:
    limits = MediaFilter(place.config.media.max_file_duration_s)
    source = LocalSource(path, place.config.media, limits)
    return load_media(place.home, [source], place.models, place.config.ingest, place.config.media)


def known_in(place: Workplace) -> Known:
    """Return a function that says which ids the catalogue of `place` has."""
    catalogue = place.home.catalogue

    def known(table: str, ids: Iterable[str]) -> set[str]:
        return catalogue.videos.known(ids) if table == "videos" else set(catalogue.articles.outlines(ids))

    return known


def _refuse(place: Workplace, arrival: Arrival) -> Arrival:
    """Refuse a batch whose bad rows are in quarantine already: they are in the refused file, too."""
    if arrival.quarantine:
        place.inbox.remove(arrival.quarantine)
    return place.end(replace(arrival, quarantine="", bad=0), "refused")


def _delete_old(place: Workplace) -> None:
    old = datetime.now(UTC) - timedelta(days=place.config.pipeline.keep_days)
    for arrival in place.ledger.in_state("done"):
        if arrival.kind != "media" and arrival.kept and arrival.at < old:
            place.inbox.remove(arrival.kept)
            place.ledger.put(replace(arrival, kept=""))
