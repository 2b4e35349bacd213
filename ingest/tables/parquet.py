"""Rows from Parquet, one batch in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.lines import text_fault
from shortlist.ingest.tables.rows import Columns, Failure, Row, refuse_doubles

BATCH = 256  # rows; a row may hold a transcript of megabytes


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A cell that has no value in Python, such as a time after the year 9999."""

    why: str


def parquet_rows(source: Path, columns: Columns) -> Iterator[Row | Failure]:
    """One row a record, placed by its number from 1; raises `UsageError` for a damaged file or missing column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(source) as file:
            names = columns.rename(file.schema_arrow.names)
            columns.check(names, str(source))
            refuse_doubles(source, names)
            number = 0
            for batch in file.iter_batches(batch_size=BATCH):
                for fields in zip(*(_cells(column) for column in batch.columns), strict=True):
                    number += 1
                    yield _row(f"{source}:{number}", dict(zip(names, fields, strict=True)))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{source}: unreadable table",
            expected="a whole Parquet file",
            found=str(error).splitlines()[0],
            remedy="write or copy the file again",
        ) from error


def _cells(column: Any) -> list[Any]:
    try:
        return list(column.to_pylist())
    except Exception:  # noqa: BLE001 - the libraries of times raise several kinds; most cells may be sound
        return [_cell(value) for value in column]


def _cell(value: Any) -> Any:
    try:
        return value.as_py()
    except Exception as error:  # noqa: BLE001 - as above
        return _Unreadable(f"{type(error).__name__}: {error}")


def _row(where: str, values: Mapping[str, Any]) -> Row | Failure:
    for name, value in values.items():
        if isinstance(value, _Unreadable):
            return Failure(where, f"unreadable {name}: expected a value that has a form in text, found {value.why}")
    fault = text_fault(values)
    return Failure(where, fault) if fault else Row(where, values)
