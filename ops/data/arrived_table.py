"""Read an arrived file into a table of raw columns, and give its accepted rows to the ingest.

The readers of `ingest.tables` decide what a row is, and where it is. Parquet, and CSV without quotes, are read a column
at a time where that gives the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from shortlist.ingest.records import articles, events, readers, videos
from shortlist.ingest.tables.delimited import delimiter
from shortlist.ingest.tables.read import rows, table_format
from shortlist.ingest.tables.rows import Columns, Failure, Row, reject_duplicate_columns
from shortlist.ops.data.rules import Kind

QUARANTINE = "quarantine_"  # the prefix of the columns that a file of bad rows adds
COLUMNS: Mapping[Kind, Columns] = {
    "videos": videos.COLUMNS,
    "articles": articles.COLUMNS,
    "readers": readers.COLUMNS,
    "events": events.COLUMNS,
}


@dataclass(frozen=True, slots=True)
class ArrivedTable:
    """The rows of a file. Row i of `raw`, with columns renamed to ours, is at line or record `numbers[i]` of the file.

    `unread` are lines that are no rows.
    """

    raw: pl.DataFrame
    numbers: pl.Series
    unread: tuple[Failure, ...] = ()

    @property
    def n_rows(self) -> int:
        """The number of rows, those that could not be read included."""
        return self.raw.height + len(self.unread)


def read_table(path: Path, kind: Kind) -> ArrivedTable:
    """Read the table at `path`. Raises `UsageError` or `RecordError` if it is none, or a required column is missing."""
    fast = _FAST.get(table_format(path)) if kind == "events" else None  # only events come by the million
    table = (fast(path, COLUMNS[kind]) if fast else None) or _row_by_row(path, kind)
    own = [name for name in table.raw.columns if name.startswith(QUARANTINE)]
    return ArrivedTable(table.raw.drop(own), table.numbers, table.unread)


@dataclass(frozen=True, slots=True)
class AcceptedRows:
    """The rows of the file at `path`, as a source for the ingest, without those at the numbers in `left_out`."""

    path: Path
    kind: Kind
    left_out: Collection[int]

    def rows(self, columns: Columns) -> Iterator[Row | Failure]:
        """Yield the rows. Raises as `ingest.tables.read.rows`."""
        for row in rows_of(self.path, self.kind, columns):
            if number_of(row) in self.left_out:
                continue
            if isinstance(row, Failure) or not any(name.startswith(QUARANTINE) for name in row.values):
                yield row
            else:
                kept = {name: value for name, value in row.values.items() if not name.startswith(QUARANTINE)}
                yield Row(row.where, kept)


def number_of(row: Row | Failure) -> int:
    """Return the line or record number at the end of "file:number"."""
    return int(row.where.rpartition(":")[2])


def rows_of(path: Path, kind: Kind, columns: Columns) -> Iterator[Row | Failure]:
    """Yield the rows of the file. Raises as `ingest.tables.read.rows`."""
    return articles.article_rows(path, columns)() if kind == "articles" else rows(path, columns)


def _row_by_row(path: Path, kind: Kind) -> ArrivedTable:
    numbers: list[int] = []
    unread: list[Failure] = []
    columns: dict[str, list[Any]] = {}
    for row in rows_of(path, kind, COLUMNS[kind]):
        if isinstance(row, Failure):
            unread.append(row)
            continue
        for name, value in row.values.items():
            column = columns.setdefault(name, [])
            column.extend([None] * (len(numbers) - len(column)))
            column.append(value)
        numbers.append(number_of(row))
    for column in columns.values():
        column.extend([None] * (len(numbers) - len(column)))
    raw = pl.DataFrame([_series(name, column) for name, column in columns.items()])
    return ArrivedTable(raw, pl.Series("number", numbers, dtype=pl.Int64), tuple(unread))


def _series(name: str, column: list[Any]) -> pl.Series:
    """Return a column of one type, or of Python objects if the values have several."""
    kinds = {type(value) for value in column if value is not None}
    if kinds <= {str}:
        return pl.Series(name, column, dtype=pl.String)
    if kinds == {int} or kinds == {float}:
        try:
            return pl.Series(name, column, strict=True)
        except (TypeError, OverflowError, pl.exceptions.PolarsError):
            pass
    return pl.Series(name, column, dtype=pl.Object)


def _fast_csv(path: Path, columns: Columns) -> ArrivedTable | None:
    """Read CSV a column at a time if each line is a row of plain fields, else return None."""
    content = path.read_bytes()
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    odd = (b'"', b"\0", b"\n\n", b"\n\r", b"\xef\xbb\xbf")
    if not content or content[:1] in b"\r\n" or any(mark in content for mark in odd):
        return None
    separator = delimiter(path)
    header = content.partition(b"\n")[0].count(separator.encode())
    whole_lines = content.count(b"\r") in (0, content.count(b"\r\n"))
    if header == 0 or not whole_lines or content.count(separator.encode()) != header * lines:
        return None
    try:
        raw = pl.read_csv(content, separator=separator, infer_schema=False, quote_char=None, has_header=False)
    except pl.exceptions.PolarsError:
        return None  # some line has too many fields or is not UTF-8, and only the other reader can say which
    names = [(name or "").strip() for name in raw.row(0)]
    return _table(path, raw[1:], names, columns, first=2) if raw.height == lines else None


def _fast_parquet(path: Path, columns: Columns) -> ArrivedTable | None:
    try:
        raw = pl.read_parquet(path)
    except pl.exceptions.PolarsError:
        return None  # the other reader says what is wrong
    return _table(path, raw, raw.columns, columns, first=1)


def _table(path: Path, raw: pl.DataFrame, names: list[str], columns: Columns, first: int) -> ArrivedTable:
    renamed = columns.rename(names)
    columns.check(renamed, str(path))
    reject_duplicate_columns(path, renamed)
    raw = pl.DataFrame([raw.to_series(at).alias(name) for at, name in enumerate(renamed) if name])
    return ArrivedTable(raw, pl.int_range(first, first + raw.height, eager=True).alias("number"))


_FAST = {".csv": _fast_csv, ".tsv": _fast_csv, ".parquet": _fast_parquet}
