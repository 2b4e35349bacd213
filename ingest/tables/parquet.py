"""Read rows from Parquet, one batch in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.arrow import batch_rows
from shortlist.ingest.tables.rows import Columns, Failure, Row, reject_duplicate_columns

BATCH = 256  # rows; a row may hold a transcript of megabytes


def parquet_rows(source: Path, columns: Columns) -> Iterator[Row | Failure]:
    """Yield a row for each record; its place is its number from 1.

    Raises `UsageError` for a damaged file or a missing column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(source) as file:
            names = columns.rename(file.schema_arrow.names)
            columns.check(names, str(source))
            reject_duplicate_columns(source, names)
            yield from batch_rows(file.iter_batches(batch_size=BATCH), names, str(source))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{source}: unreadable table",
            expected="a whole Parquet file",
            found=str(error).splitlines()[0],
            remedy="write or copy the file again",
        ) from error
