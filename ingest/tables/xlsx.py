"""Read rows from the first sheet of an Excel workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.limits import Limits, check_width
from shortlist.ingest.tables.lines import text_fault
from shortlist.ingest.tables.rows import Columns, Failure, Row, reject_duplicate_columns

SHARED_TEXTS = "sharedStrings"  # the part of a workbook that is in memory as a whole
SHARED_SHARE = 4


def xlsx_rows(source: Path, columns: Columns, limits: Limits) -> Iterator[Row | Failure]:
    """Yield the rows of the first sheet; its first row has the names of the columns. Skips empty rows.

    A formula gives the value that Excel stored last. Excel's times have no zone and are read as UTC. Raises
    `UsageError` for a damaged file, one that unpacks to more than it may, or a missing column.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _check_size(source, limits)
        book = load_workbook(source, read_only=True, data_only=True)
        try:
            yield from _sheet_rows(source, book.worksheets[0].iter_rows(values_only=True), columns, limits)
        finally:
            book.close()
    except (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError) as error:
        raise UsageError(
            f"{source}: unreadable table",
            expected="an Excel workbook (.xlsx) with a sheet",
            found=str(error).splitlines()[0] if str(error) else type(error).__name__,
            remedy="open it in Excel and save it again, or save it as CSV (UTF-8)",
        ) from error


def _check_size(source: Path, limits: Limits) -> None:
    with ZipFile(source) as archive:
        entries = archive.infolist()
    limits.check_bytes(source, sum(entry.file_size for entry in entries))
    limits.check_bytes(source, SHARED_SHARE * sum(one.file_size for one in entries if SHARED_TEXTS in one.filename))


def _sheet_rows(
    source: Path, cells: Iterator[Sequence[Any]], columns: Columns, limits: Limits
) -> Iterator[Row | Failure]:
    names = columns.rename([str(cell).strip() if cell is not None else "" for cell in next(cells, ())])
    check_width(source, len(names))
    columns.check(names, str(source))
    reject_duplicate_columns(source, names)
    for number, row in enumerate(limits.counted(source, cells), 2):
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
