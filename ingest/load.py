"""Load videos, articles, events and readers from a source into the home, in batches.

Memory holds one batch and the ids of the source, whatever its size. Loading a source again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TypeVar

from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.errors import UsageError
from shortlist.core.notes import Note
from shortlist.core.types import Article, Event, Reader, Video
from shortlist.ingest.default_enrichment import DefaultEnricher, carry_over_enrichments, source_text
from shortlist.ingest.duplicates import Identified, find_duplicates, id_conflict_notes, without_superseded
from shortlist.ingest.records import articles, events, readers, videos
from shortlist.ingest.tables.limits import Limits
from shortlist.ingest.tables.read import Source, rows
from shortlist.ingest.tables.rows import ColumnOptions, Failure, ParsedRecord, Row, records
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.catalogue.results import Put
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

E = TypeVar("E")
R = TypeVar("R")
C = TypeVar("C", bound=Identified)
Progress = Callable[[str, int], None]  # a stage (`READ`, `STORE`, `ENCODE`), and the number of records it just did
READ, STORE, ENCODE = "read", "store", "encode"
REPORTED = 100  # rows after which reading reports progress
NO_OPTIONS = ColumnOptions()

BATCH_CHARACTERS = 4_000_000  # a batch of very long transcripts ends early


@dataclass(frozen=True, slots=True)
class IngestResult:
    """The result of an ingest. For a table, the counts and `failures` add up to its rows.

    `left_out` counts rows replaced by a later row with the same id, and events whose id belongs to another event.
    `fields` are optional fields that could not be parsed; the rest of their rows is stored.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failures: tuple[Failure, ...] = ()
    notes: tuple[Note, ...] = ()
    left_out: int = 0
    fields: tuple[Failure, ...] = ()


def load_videos(
    home: Home,
    source: Source,
    encoder: Callable[[], Encoder],
    config: IngestConfig,
    progress: Progress | None = None,
    options: ColumnOptions = NO_OPTIONS,
) -> IngestResult:
    """Ingest a table of videos. `progress` gets each stage and the number of records it has just done.

    Holds the writer lock. Raises `HomeLocked` at once if another process holds it, and `UsageError` or `RecordError`
    if the source cannot be read. `encoder` is called when the first text needs a vector.
    """
    columns = videos.COLUMNS.chosen(options)
    with home.writing("ingesting videos"):
        default_enricher = DefaultEnricher(home.catalogue, encoder, config.categories)

        def put(batch: Sequence[Video]) -> Put:
            done = home.catalogue.videos.put(default_enricher.enrich(batch))
            deliver(home, encoder, _stage(progress, ENCODE))
            return done

        def read() -> Iterator[ParsedRecord[Video] | Failure]:
            return records(rows(source, columns, Limits.of(config)), videos.video_from_row, columns.dispensable)

        return _load_content(read, source_text, put, config.batch, progress)


def load_articles(
    home: Home,
    source: Source,
    encoder: Callable[[], Encoder],
    config: IngestConfig,
    progress: Progress | None = None,
    options: ColumnOptions = NO_OPTIONS,
) -> IngestResult:
    """Ingest articles from a table, the CSV of AG News, or "ag_news" on the hub (`ServiceError` if unreachable).

    See `load_videos` for the rest.
    """
    columns = articles.COLUMNS.chosen(options)
    with home.writing("ingesting articles"):
        source_rows = articles.article_rows(source, columns, Limits.of(config))

        def put(batch: Sequence[Article]) -> Put:
            done = home.catalogue.articles.put(carry_over_enrichments(home.catalogue, batch))
            deliver(home, encoder, _stage(progress, ENCODE))
            return done

        def read() -> Iterator[ParsedRecord[Article] | Failure]:
            return records(source_rows(), articles.article_from_row, columns.dispensable)

        return _load_content(read, source_text, put, config.batch, progress)


def load_events(
    home: Home,
    source: Source,
    config: IngestConfig,
    progress: Progress | None = None,
    options: ColumnOptions = NO_OPTIONS,
) -> IngestResult:
    """Ingest events. Stored ones count as unchanged; a note lists those whose id belongs to another event.

    Takes no lock, so it works while another process writes content.
    """
    columns = events.COLUMNS.chosen(options)

    def event(row: Row) -> Event:
        return home.catalogue.events.check_time(events.event_from_row(row))

    entries = records(rows(source, columns, Limits.of(config)), event, columns.dispensable)
    return load_parsed_events(home, entries, config.batch, progress)


def load_parsed_events(
    home: Home, entries: Iterable[ParsedRecord[Event] | Failure], batch: int, progress: Progress | None = None
) -> IngestResult:
    """Store events in transactions of `batch`. See `load_events`."""
    conflicting: list[str] = []

    def put(batch: Sequence[Event]) -> Put:
        new = home.catalogue.events.add(batch)
        conflicts = home.catalogue.events.conflicting(batch) if new < len(batch) else []
        conflicting.extend(event.event_id for event in conflicts)
        return Put(new=new, unchanged=len(batch) - new - len(conflicts))

    loaded = _load(entries, put, batch, progress)
    return replace(loaded, notes=id_conflict_notes(conflicting), left_out=len(conflicting))


def load_readers(
    home: Home,
    source: Source,
    config: IngestConfig,
    progress: Progress | None = None,
    options: ColumnOptions = NO_OPTIONS,
) -> IngestResult:
    """Ingest readers. Takes no lock."""
    columns = readers.COLUMNS.chosen(options)

    def read() -> Iterator[ParsedRecord[Reader] | Failure]:
        return records(rows(source, columns, Limits.of(config)), readers.reader_from_row, columns.dispensable)

    return _load_content(read, repr, home.catalogue.readers.put, config.batch, progress)


def _load_content(
    read: Callable[[], Iterator[ParsedRecord[C] | Failure]],
    text: Callable[[C], str],
    put: Callable[[Sequence[C]], Put],
    size: int,
    progress: Progress | None,
) -> IngestResult:
    """Read the source once to find repeated ids, then again to store the last record of each."""
    duplicates = find_duplicates(_counted(read(), _stage(progress, READ)), text)
    loaded = _load(without_superseded(read(), duplicates), put, size, progress)
    return replace(loaded, notes=duplicates.notes(), left_out=duplicates.repeated)


def _load(
    entries: Iterable[ParsedRecord[R] | Failure | None],
    put: Callable[[Sequence[R]], Put],
    size: int,
    progress: Progress | None,
) -> IngestResult:
    failures: list[Failure] = []
    fields: list[Failure] = []
    total = Put()
    try:
        for batch, n_rows in _batches(_without_fields(entries, fields), size, failures):
            total += put(batch)
            if progress:
                progress(STORE, n_rows)
    except UsageError as error:  # the file is damaged, such as a truncated archive
        stored = f"; {total.new:,} new records before the error are stored" if total.new else ""
        raise UsageError(
            error.problem, expected=error.expected, found=error.found, remedy=error.remedy + stored
        ) from error
    return IngestResult(total.new, total.changed, total.unchanged, tuple(failures), fields=tuple(fields))


def _stage(progress: Progress | None, stage: str) -> Callable[[int], None] | None:
    return partial(progress, stage) if progress else None


def _counted(entries: Iterator[E], progress: Callable[[int], None] | None) -> Iterator[E]:
    """Yield `entries`, and report how many were read."""
    while batch := list(islice(entries, REPORTED)):
        yield from batch
        if progress:
            progress(len(batch))


def _without_fields(
    entries: Iterable[ParsedRecord[R] | Failure | None], fields: list[Failure]
) -> Iterator[ParsedRecord[R] | Failure | None]:
    """Yield `entries`, and add the fields that were left out of them to the list."""
    for entry in entries:
        if isinstance(entry, ParsedRecord):
            fields.extend(Failure(entry.where, reason) for reason in entry.left_out)
        yield entry


def _batches(
    entries: Iterable[ParsedRecord[R] | Failure | None], size: int, failures: list[Failure]
) -> Iterator[tuple[list[R], int]]:
    """Yield batches of records with their number of rows. Failures go to the list. The last batch may be empty."""
    batch: list[R] = []
    n_rows = characters = 0
    for entry in entries:
        n_rows += 1
        if isinstance(entry, Failure):
            failures.append(entry)
        elif entry is not None:
            batch.append(entry.record)
            characters += _length(entry.record)
        if len(batch) >= size or characters >= BATCH_CHARACTERS:
            yield batch, n_rows
            batch, n_rows, characters = [], 0, 0
    yield batch, n_rows


def _length(record: object) -> int:
    if isinstance(record, Video):
        return sum(len(segment.text) for segment in record.transcript.segments)
    return len(record.body) if isinstance(record, Article) else 0
