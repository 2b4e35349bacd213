"""Read rows from the first sheet of an Excel workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.lines import text_fault
from shortlist.ingest.tables.rows import Columns, Failure, Row, reject_duplicate_columns

MAX_UNPACKED = 1_000_000_000  # bytes; Excel's largest sheet has a million rows


def xlsx_rows(source: Path, columns: Columns) -> Iterator[Row | Failure]:
    """Yield the rows of the first sheet; its first row has the names of the columns. Skips empty rows.

    A formula gives the value that Excel stored last. Excel's times have no zone and are read as UTC. Raises
    `UsageError` for a damaged file, one that unpacks to more than `MAX_UNPACKED`, or a missing column.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _check_size(source)
        book = load_workbook(source, read_only=True, data_only=True)
        try:
            yield from _sheet_rows(source, book.worksheets[0].iter_rows(values_only=True), columns)
        finally:
            book.close()
    except (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError) as error:
        raise UsageError(
            f"{source}: unreadable table",
            expected="an Excel workbook (.xlsx) with a sheet",
            found=str(error).splitlines()[0] if str(error) else type(error).__name__,
            remedy="open it in Excel and save it again, or save it as CSV (UTF-8)",
        ) from error


def _check_size(source: Path) -> None:
    with ZipFile(source) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MAX_UNPACKED:
        raise UsageError(
            f"{source}: too large",
            expected=f"at most {MAX_UNPACKED:,} bytes when unpacked",
            found=f"{size:,}",
            remedy="save it as CSV (UTF-8), or split it",
        )


def _sheet_rows(source: Path, cells: Iterator[Sequence[Any]], columns: Columns) -> Iterator[Row | Failure]:
    names = columns.rename([str(cell).strip() if cell is not None else "" for cell in next(cells, ())])
    columns.check(names, str(source))
    reject_duplicate_columns(source, names)
    for number, row in enumerate(cells, 2):
        values = {name: _value(cell) for name, cell in zip(names, row, strict=False) if name and cell is not None}
        where = f"{source}:{number}"
        if values:
            fault = text_fault(values)
            yield Failure(where, fault) if fault else Row(where, values)


def _value(cell: Any) -> Any:
    """Return a cell as the other formats have it: times in UTC, times of day as durations, whole numbers as such."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    if isinstance(cell, time):
        return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell
