"""Write bad rows with their reasons to a file that can be corrected and put back into incoming/."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from shortlist.ingest.tables.limits import Limits
from shortlist.ingest.tables.lines import lines_of, open_source
from shortlist.ingest.tables.rows import Failure
from shortlist.ops.data.tables import QUARANTINE, Kind, number_of, rows_of
from shortlist.ops.data.validate import UNREAD, Validation

REASONS = f"{QUARANTINE}reasons"
ROW = f"{QUARANTINE}row"  # the line or record number in the file that arrived
TEXT = f"{QUARANTINE}text"  # of a line that is no row
MAX_TEXT = 2000  # characters
DELIMITED = (".csv", ".tsv", ".xlsx")


def write_bad_rows(source: Path, kind: Kind, limits: Limits, found: Validation, target: Path) -> str:
    """Write the rows of the table at `source` that have a reason to `target`. Return the suffix of its format.

    The format is CSV, or JSON Lines where cells may be lists. The columns are those that arrived; three more say why,
    which row it was, and the text of a line that is no row. They are ignored when the file comes back.
    """
    bad = _bad_rows(source, kind, limits, found)
    with target.open("w", newline="", encoding="utf-8") as file:
        if source.suffix.lower() not in DELIMITED:
            file.writelines(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in bad)
            return ".jsonl"
        columns = [*found.columns, *([TEXT] if found.broken[UNREAD] else []), ROW, REASONS]
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(bad)
    return ".csv"


def _bad_rows(source: Path, kind: Kind, limits: Limits, found: Validation) -> Iterator[dict[str, Any]]:
    lines = _lines(source, limits)
    for row in islice(rows_of(source, kind, limits), found.rows):
        number = number_of(row)
        if number in found.reasons:
            given = {TEXT: _text_at(lines, number)} if isinstance(row, Failure) else row.values
            named = {name: value for name, value in given.items() if value is not None}
            yield {**named, ROW: number, REASONS: found.reasons[number]}


def _lines(source: Path, limits: Limits) -> Iterator[tuple[int, bytes | None]]:
    if source.suffix.lower() in (".parquet", ".xlsx"):
        return
    with open_source(source) as file:
        yield from enumerate(lines_of(file, source, limits), 1)


def _text_at(lines: Iterator[tuple[int, bytes | None]], number: int) -> str | None:
    """Return the text of a line, and advance to it. None if there are no lines."""
    line = next((line for at, line in lines if at == number), None)
    return None if line is None else line.decode(errors="replace").rstrip("\r\n")[:MAX_TEXT]
