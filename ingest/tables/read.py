"""Tables of every known format as one stream of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.delimited import csv_rows
from shortlist.ingest.tables.jsonl import jsonl_rows
from shortlist.ingest.tables.memory import Table
from shortlist.ingest.tables.parquet import parquet_rows
from shortlist.ingest.tables.rows import Columns, Failure, Row

FORMATS: Mapping[str, Callable[[Path, Columns], Iterator[Row | Failure]]] = {
    ".jsonl": jsonl_rows,
    ".jsonl.gz": jsonl_rows,
    ".csv": csv_rows,
    ".parquet": parquet_rows,
}
# Also tables, of kinds that are not read: the person hears that, not that they are no recordings.
OTHER_TABLES = (".json", ".ndjson", ".tsv", ".csv.gz", ".xls", ".xlsx", ".feather", ".arrow")


Source = str | Path | Table


def rows(source: Source, columns: Columns | None = None) -> Iterator[Row | Failure]:
    """Every row of a file or of a table in memory, its columns renamed by `columns`; nothing is read ahead.

    A row that cannot be read is yielded as a `Failure` and the next row follows. Raises `UsageError` for a source
    that is no table or whose header lacks a required column, `RecordError` for an archive that ends too soon.
    """
    columns = columns or Columns(())
    if isinstance(source, str | Path):
        return FORMATS[table_format(Path(source))](Path(source), columns)
    return source.rows(columns)


def is_table(source: str) -> bool:
    """Whether `source` is named like a table on this machine, of a kind that is read or another."""
    return "://" not in source and source.lower().endswith((*FORMATS, *OTHER_TABLES))


def table_format(source: Path) -> str:
    """The key of `FORMATS` for an existing file; raises `UsageError`."""
    known = ", ".join(FORMATS)
    if not source.exists():
        raise _no_table(source, f"a file ({known})", "no such file", "check the path")
    if not source.is_file():
        raise _no_table(source, f"a file ({known})", "a folder", "name the file in it")
    for suffix in sorted(FORMATS, key=len, reverse=True):
        if source.name.lower().endswith(suffix):
            return suffix
    found = f"the suffix {source.suffix or '(none)'}"
    raise _no_table(source, f"one of {known}", found, "convert the file, or rename it if only its name is wrong")


def _no_table(source: Path, expected: str, found: str, remedy: str) -> UsageError:
    return UsageError(f"{source}: not a table", expected=expected, found=found, remedy=remedy)
