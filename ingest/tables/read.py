"""Read a table of any known format as a stream of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.dates import with_dates
from shortlist.ingest.tables.delimited import csv_rows
from shortlist.ingest.tables.jsonl import jsonl_rows
from shortlist.ingest.tables.limits import Limits
from shortlist.ingest.tables.memory import Table
from shortlist.ingest.tables.parquet import parquet_rows
from shortlist.ingest.tables.rows import Columns, Failure, Row
from shortlist.ingest.tables.xlsx import xlsx_rows

FORMATS: Mapping[str, Callable[[Path, Columns, Limits], Iterator[Row | Failure]]] = {
    ".jsonl": jsonl_rows,
    ".jsonl.gz": jsonl_rows,
    ".csv": csv_rows,
    ".tsv": csv_rows,
    ".xlsx": xlsx_rows,
    ".parquet": parquet_rows,
}
# Unsupported tables: the error should say so, and not that they are no recordings.
OTHER_TABLES = (".json", ".ndjson", ".csv.gz", ".xls", ".ods", ".feather", ".arrow")


Source = str | Path | Table


def rows(source: Source, columns: Columns | None = None, limits: Limits | None = None) -> Iterator[Row | Failure]:
    """Yield the rows of a file or of a table in memory, lazily, with columns renamed by `columns`.

    Yields a `Failure` for a row that cannot be read and goes on. Raises `UsageError` for a source that is not a table
    lacks a required column in its header, or is larger than `limits`, and `RecordError` for a truncated archive.
    """
    limits = limits or Limits()
    columns = columns or Columns(())
    if isinstance(source, str | Path):
        path = Path(source)
        read = FORMATS[table_format(path)]
        found = with_dates(
            limits.counted(path, read(path, columns, limits)), lambda: read(path, columns, limits), columns.day_first
        )
    else:
        found = source.rows(columns)
    return (_with_constants(row, columns) for row in found) if columns.constants else found


def _with_constants(row: Row | Failure, columns: Columns) -> Row | Failure:
    return replace(row, values={**row.values, **columns.constants}) if isinstance(row, Row) else row


def is_table(source: str) -> bool:
    """Return whether `source` is a path with the suffix of a table, supported or not."""
    return "://" not in source and source.lower().endswith((*FORMATS, *OTHER_TABLES))


def table_format(source: Path) -> str:
    """Return the key of `FORMATS` for an existing file. Raises `UsageError` for any other path."""
    known = ", ".join(FORMATS)
    if not source.exists():
        raise _no_table(source, f"a file ({known})", "no such file", "check the path")
    if not source.is_file():
        raise _no_table(source, f"a file ({known})", "a folder", "name the file in it")
    for suffix in sorted(FORMATS, key=len, reverse=True):
        if source.name.lower().endswith(suffix):
            return suffix
    found = f"the suffix {source.suffix or '(none)'}"
    raise _no_table(
        source,
        f"one of {known}",
        found,
        "bring an export of another service with `shortlist import`, or convert the file",
    )


def _no_table(source: Path, expected: str, found: str, remedy: str) -> UsageError:
    return UsageError(f"{source}: not a table", expected=expected, found=found, remedy=remedy)
