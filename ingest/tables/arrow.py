"""Read rows from Arrow record batches, from Parquet or from memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shortlist.ingest.tables.lines import text_fault
from shortlist.ingest.tables.rows import Failure, Row


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A cell that Python cannot represent, such as a time after the year 9999."""

    why: str


def batch_rows(batches: Iterable[Any], names: Sequence[str], source: str) -> Iterator[Row | Failure]:
    """Yield a row for each record. Its columns are `names`, and its place is its number from 1."""
    number = 0
    for batch in batches:
        for fields in zip(*(_cells(column) for column in batch.columns), strict=True):
            number += 1
            yield _row(f"{source}:{number}", dict(zip(names, fields, strict=True)))


def _cells(column: Any) -> list[Any]:
    try:
        return list(column.to_pylist())
    except Exception:  # noqa: BLE001 - time libraries raise many errors; convert the cells one by one
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
