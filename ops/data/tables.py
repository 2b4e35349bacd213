"""The rows of an arrived table, read and converted as the ingest does it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shortlist.core.types import Article, Event, Reader, Video
from shortlist.ingest.records import articles, events, readers, videos
from shortlist.ingest.tables.limits import Limits
from shortlist.ingest.tables.read import rows
from shortlist.ingest.tables.rows import Columns, Failure, Row

Kind = Literal["videos", "articles", "readers", "events"]
KINDS: tuple[Kind, ...] = ("videos", "articles", "readers", "events")  # in the order in which they are stored
QUARANTINE = "quarantine_"  # the prefix of the columns that a file of bad rows adds
COLUMNS: Mapping[Kind, Columns] = {
    "videos": videos.COLUMNS,
    "articles": articles.COLUMNS,
    "readers": readers.COLUMNS,
    "events": events.COLUMNS,
}
PARSERS: Mapping[Kind, Callable[[Row], Video | Article | Reader | Event]] = {
    "videos": videos.video_from_row,
    "articles": articles.article_from_row,
    "readers": readers.reader_from_row,
    "events": events.event_from_row,
}


@dataclass(frozen=True, slots=True)
class AcceptedRows:
    """The rows of the file at `path`, as a source for the ingest, without those at the numbers in `left_out`."""

    path: Path
    kind: Kind
    left_out: Collection[int]
    limits: Limits

    def rows(self, columns: Columns) -> Iterator[Row | Failure]:
        """Yield the rows. Raises as `ingest.tables.read.rows`."""
        found = rows_of(self.path, self.kind, self.limits, columns)
        return (row for row in found if number_of(row) not in self.left_out)


def number_of(row: Row | Failure) -> int:
    """Return the line or record number at the end of "file:number"."""
    return int(row.where.rpartition(":")[2])


def rows_of(
    path: Path, kind: Kind, limits: Limits | None = None, columns: Columns | None = None
) -> Iterator[Row | Failure]:
    """Yield the rows of the file without the columns of a quarantine. Raises as `ingest.tables.read.rows`."""
    columns = columns or COLUMNS[kind]
    found = articles.article_rows(path, columns, limits)() if kind == "articles" else rows(path, columns, limits)
    for row in found:
        if isinstance(row, Failure) or not any(name.startswith(QUARANTINE) for name in row.values):
            yield row
        else:
            yield Row(row.where, {name: row.values[name] for name in row.values if not name.startswith(QUARANTINE)})
