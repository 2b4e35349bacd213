"""Rows from Parquet, one batch in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.errors import UsageError
from ingest.lines import text_fault
from ingest.rows import Columns, Failure, Row

BATCH = 256  # rows; a row may hold a transcript of megabytes


def parquet_rows(source: Path, columns: Columns) -> Iterator[Row | Failure]:
    """One row a record, placed by its number from 1; raises `UsageError` for a damaged file or missing column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(source) as file:
            names = columns.rename(file.schema_arrow.names)
            columns.check(names, str(source))
            number = 0
            for batch in file.iter_batches(batch_size=BATCH):
                for fields in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    values = dict(zip(names, fields, strict=True))
                    fault = text_fault(values)
                    yield Failure(f"{source}:{number}", fault) if fault else Row(f"{source}:{number}", values)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{source}: unreadable table",
            expected="a whole Parquet file",
            found=str(error).splitlines()[0],
            remedy="write or copy the file again",
        ) from error
