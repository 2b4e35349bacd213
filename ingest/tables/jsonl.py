"""Read rows from JSON Lines, plain or gzipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from shortlist.ingest.tables.limits import Limits
from shortlist.ingest.tables.lines import decode_fault, length_fault, lines_of, open_source, text_fault
from shortlist.ingest.tables.rows import Columns, Failure, Row


def jsonl_rows(source: Path, columns: Columns, limits: Limits) -> Iterator[Row | Failure]:
    """Yield a row for each object, and skip blank lines. A missing column fails only its own line."""
    with open_source(source) as file:
        for number, line in enumerate(lines_of(file, source, limits), 1):
            where = f"{source}:{number}"
            if line is None:
                yield Failure(where, length_fault(limits))
            elif line.strip():
                yield _row(where, line, columns)


def _row(where: str, line: bytes, columns: Columns) -> Row | Failure:
    fault = decode_fault(line)
    if fault:
        return Failure(where, fault)
    try:
        values = from_json(line.strip())
    except ValueError as error:
        return Failure(
            where, f"not JSON: expected one whole object, found {_complaint(error)}; write one object a line"
        )
    return row_of(where, values, columns)


def row_of(where: str, values: object, columns: Columns) -> Row | Failure:
    """Return the row of a JSON value, or a failure if it is not an object or lacks a required column."""
    if not isinstance(values, dict):
        return Failure(where, f"not a record: expected a JSON object, found {_kind(values)}; write one object a line")
    row: dict[str, Any] = dict(zip(columns.renamed(tuple(values)), values.values(), strict=True))
    fault = text_fault(row) or columns.record_fault(tuple(name for name, value in row.items() if value is not None))
    return Failure(where, fault) if fault else Row(where, row)


def _complaint(error: ValueError) -> str:
    return f'"{str(error).replace(" at line 1 column ", " at character ")}"'


def _kind(value: object) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")
