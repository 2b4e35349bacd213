"""Read rows from Parquet, one batch in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.arrow import batch_rows
from shortlist.ingest.tables.limits import Limits, check_width
from shortlist.ingest.tables.rows import Columns, Failure, Row, reject_duplicate_columns

BATCH = 256  # rows; a row may hold a transcript of megabytes
MAX_BATCH_BYTES = 16_000_000


def parquet_rows(source: Path, columns: Columns, limits: Limits) -> Iterator[Row | Failure]:
    """Yield a row for each record; its place is its number from 1.

    Raises `UsageError` for a damaged file or a missing column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(source) as file:
            groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
            limits.check_bytes(source, sum(group.total_byte_size for group in groups))
            limits.check_rows(source, file.metadata.num_rows)
            texts = [one.name for one in file.schema_arrow if pa.types.is_string(one.type)]
            names = columns.rename(file.schema_arrow.names)
            check_width(source, len(names))
        # A text that many rows share is once in the file. It must not be in memory once for each row.
        with pq.ParquetFile(source, read_dictionary=texts) as file:
            columns.check(names, str(source))
            reject_duplicate_columns(source, names)
            yield from batch_rows(_small(source, file.iter_batches(batch_size=BATCH), limits), names, str(source))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{source}: unreadable table",
            expected="a whole Parquet file",
            found=str(error).splitlines()[0],
            remedy="write or copy the file again",
        ) from error


def _small(source: Path, batches: Iterable[Any], limits: Limits) -> Iterator[Any]:
    """Yield the batches, large ones in slices. Raises `UsageError` as soon as they have more bytes than they may."""
    total = 0
    for batch in batches:
        sizes = [_text_bytes(source, column, limits) for column in batch.columns]
        total += sum(sizes)
        limits.check_bytes(source, total)
        n_slices = min(len(batch), 1 + sum(sizes) // MAX_BATCH_BYTES)
        size = -(-len(batch) // n_slices) if n_slices else 1
        yield from (batch.slice(start, size) for start in range(0, len(batch), size))


def _text_bytes(source: Path, column: Any, limits: Limits) -> int:
    """Return the bytes of a column, with a text counted for each row that has it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary).take(column.indices)
    limits.check_cell(source, pc.max(lengths).as_py() or 0)
    return int(pc.sum(lengths).as_py() or 0)
