"""Merge the shards into one file in the format of its suffix. The file is written atomically."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from pyarrow import compute, csv, parquet

from shortlist.app.export.shards import read_shard
from shortlist.app.export.xlsx import write_workbook
from shortlist.store.sql.sqlite_errors import os_error

Write = Callable[[pa.Table], object]

PREFIX = "shortlist."
FORMULA = r"^[=+\-@\t\r]"
SPREADSHEETS = (".csv", ".xlsx")


def merge_shards(
    files: Sequence[Path], out: Path, schema: pa.Schema, metadata: Mapping[str, Any], *, raw: bool = False
) -> None:
    """Write all rows of `files`, in their order, to `out`. Raises `StateError` if the disk is full.

    `metadata` is stored in a Parquet file itself, and in OUT.meta.json for the other formats. In a CSV or Excel file, a
    text that a spreadsheet would run as a formula gets a leading apostrophe, unless `raw`.
    """
    suffix = out.suffix.lower()
    convert = without_formulas if suffix in SPREADSHEETS and not raw else _unchanged
    described = schema.with_metadata({f"{PREFIX}{name}": str(value) for name, value in metadata.items()})
    unfinished = out.with_name(f"{out.name}.unfinished")
    try:
        with WRITERS[suffix](unfinished, described) as write:
            for file in files:
                write(convert(read_shard(file)[0]))
        if suffix != ".parquet":
            meta = out.with_name(f"{out.name}.meta.json")
            meta.write_text(json.dumps(dict(metadata), indent=2) + "\n", encoding="utf-8")
        unfinished.replace(out)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise os_error(out, error) from error


def without_formulas(table: pa.Table) -> pa.Table:
    """Put an apostrophe before every text of `table` that begins with = + - @, a tab or a carriage return."""
    columns = [
        compute.replace_substring_regex(column, FORMULA, r"'\0") if pa.types.is_string(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, schema=table.schema)


def _unchanged(table: pa.Table) -> pa.Table:
    return table


@contextmanager
def _parquet(file: Path, schema: pa.Schema) -> Iterator[Write]:
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        yield lambda table: writer.write_table(table.cast(schema))


@contextmanager
def _csv(file: Path, schema: pa.Schema) -> Iterator[Write]:
    with csv.CSVWriter(str(file), schema.remove_metadata()) as writer:
        yield writer.write_table


@contextmanager
def _jsonl(file: Path, _schema: pa.Schema) -> Iterator[Write]:
    with file.open("w", encoding="utf-8") as lines:
        yield lambda table: _write_lines(lines, table)


def _write_lines(lines: IO[str], table: pa.Table) -> None:
    for row in table.to_pylist():
        lines.write(json.dumps(row, ensure_ascii=False, allow_nan=False, default=datetime.isoformat) + "\n")


@contextmanager
def _xlsx(file: Path, schema: pa.Schema) -> Iterator[Write]:
    with write_workbook(file, schema.names) as append:
        yield lambda table: append(zip(*(column.to_pylist() for column in table.columns), strict=True))


Writer = Callable[[Path, "pa.Schema"], AbstractContextManager["Write"]]
WRITERS: Mapping[str, Writer] = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl, ".xlsx": _xlsx}
