"""Write bad rows with their reasons to a file that can be corrected and put back into incoming/."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from shortlist.ingest.tables.limits import Limits
from shortlist.ingest.tables.lines import lines_of, open_source
from shortlist.ops.data.arrived_table import QUARANTINE, ArrivedTable

REASONS = f"{QUARANTINE}reasons"
ROW = f"{QUARANTINE}row"  # the line or record number in the file that arrived
TEXT = f"{QUARANTINE}text"  # of a line that is no row
MAX_TEXT = 2000  # characters
OBJECTS = (pl.Object, pl.List, pl.Struct)


def write_bad_rows(table: ArrivedTable, source: Path, reasons: Mapping[int, tuple[str, ...]], target: Path) -> str:
    """Write the rows of `table` with a number in `reasons` to `target`. Return the suffix of its format.

    The format is CSV, or JSON Lines if a row holds lists. The columns are those that arrived; three more say why, which
    row it was, and the text of a line that is no row. They are ignored when the file comes back. `source` is the file
    of the table.
    """
    numbers = sorted(reasons)
    bad = table.raw.filter(table.numbers.is_in(numbers)).with_columns(
        table.numbers.filter(table.numbers.is_in(numbers)).alias(ROW)
    )
    rows = {row[ROW]: row for row in bad.to_dicts()}
    texts = _texts(source, {number for number in numbers if number not in rows})
    written = [
        {**rows.get(number, {}), **_text(texts, number), ROW: number, REASONS: "; ".join(reasons[number])}
        for number in numbers
    ]
    nested = any(isinstance(dtype, OBJECTS) or dtype in OBJECTS for dtype in bad.dtypes)
    if nested:
        target.write_text("".join(f"{json.dumps(_plain(row), ensure_ascii=False, default=str)}\n" for row in written))
        return ".jsonl"
    columns = [*table.raw.columns, *([TEXT] if texts else []), ROW, REASONS]
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(written)
    return ".csv"


def _text(texts: Mapping[int, str], number: int) -> dict[str, str]:
    return {TEXT: texts[number]} if number in texts else {}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _texts(source: Path, numbers: set[int]) -> dict[int, str]:
    """Return the text of these lines of a file of lines."""
    if not numbers or source.suffix.lower() in (".parquet", ".xlsx"):
        return {}
    found = {}
    with open_source(source) as file:
        for number, line in enumerate(islice(lines_of(file, source, Limits()), max(numbers)), 1):
            if number in numbers:
                found[number] = (line or b"").decode(errors="replace").rstrip("\r\n")[:MAX_TEXT]
    return found
