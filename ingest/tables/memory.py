"""Read tables in memory: a list of mappings, a DataFrame or any other Arrow stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.arrow import batch_rows
from shortlist.ingest.tables.jsonl import row_of
from shortlist.ingest.tables.rows import Columns, Failure, Row, reject_duplicate_columns

NAME = "records"
BATCH = 256  # rows; a row may hold a transcript of megabytes
EXPECTED = "several mappings of column to value, a DataFrame or an Arrow table"


class Table(Protocol):
    """A table that can be read more than once."""

    def rows(self, columns: Columns) -> Iterator[Row | Failure]:
        """Yield every row with its columns renamed. Raises `UsageError` if a required column is missing."""


@runtime_checkable
class ArrowStream(Protocol):
    """The Arrow PyCapsule interface: pandas and polars DataFrames, pyarrow tables and readers, DuckDB results."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule of record batches."""


Records = ArrowStream | Iterable[Mapping[str, Any]]


def table_of(records: Records) -> Table:
    """Read `records` into memory once. Raises `UsageError` for a value that is not a table."""
    if isinstance(records, ArrowStream):
        return _ArrowTable(_arrow_table(records))
    if isinstance(records, Mapping | str | bytes) or not isinstance(records, Iterable):
        remedy = "put one record in a list"
        raise UsageError("not a table", expected=EXPECTED, found=type(records).__name__, remedy=remedy)
    return _RecordList(list(records))


@dataclass(frozen=True, slots=True)
class _RecordList:
    records: Sequence[Mapping[str, Any]]

    def rows(self, columns: Columns) -> Iterator[Row | Failure]:
        for number, record in enumerate(self.records, 1):
            where = f"{NAME}:{number}"
            if isinstance(record, Mapping) and all(isinstance(name, str) for name in record):
                yield row_of(where, dict(record), columns)
            else:
                yield Failure(where, f"not a record: expected a mapping of column to value, found {record!r:.80}")


@dataclass(frozen=True, slots=True)
class _ArrowTable:
    table: Any

    def rows(self, columns: Columns) -> Iterator[Row | Failure]:
        names = columns.rename(self.table.column_names)
        columns.check(names, NAME, "add it")
        reject_duplicate_columns(NAME, names)
        return batch_rows(self.table.to_batches(max_chunksize=BATCH), names, NAME)


def _arrow_table(records: ArrowStream) -> Any:
    import pyarrow as pa

    try:
        return pa.RecordBatchReader.from_stream(records).read_all()
    except pa.ArrowException as error:
        raise UsageError(
            "a DataFrame that cannot be read",
            expected="one type of value in each column",
            found="; ".join(map(str, error.args)),
            remedy="convert the column, such as with astype(str)",
        ) from error
