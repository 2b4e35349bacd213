"""Write rows as an Excel workbook. Equal rows give equal bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.writer.excel import ExcelWriter

SHEET = "recommendations"
ROWS = 1_048_576  # Excel's limit of rows in one sheet, with the header
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time of an entry of a ZIP archive

Append = Callable[[Iterable[Sequence[Any]]], None]


@contextmanager
def write_workbook(file: Path, header: Sequence[str], rows: int = ROWS) -> Iterator[Append]:
    """Yield a function that appends rows to a workbook, which is written to `file` at the end.

    A sheet with `rows` rows, header included, is continued on the next one. Times are written in UTC, because Excel's
    have no zone. Control characters, which Excel cannot read, become U+FFFD.
    """
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = datetime(*EPOCH)
    lines = 0

    def append(table: Iterable[Sequence[Any]]) -> None:
        nonlocal lines
        for row in table:
            if lines % (rows - 1) == 0:
                _add_sheet(book, header)
            book.worksheets[-1].append([_cell(value) for value in row])
            lines += 1

    yield append
    if not lines:
        _add_sheet(book, header)
    with _TimelessZip(file, "w", ZIP_DEFLATED) as archive:
        ExcelWriter(book, archive).save()  # `Workbook.save` would set the time of the change


def _add_sheet(book: Any, header: Sequence[str]) -> None:
    number = len(book.worksheets) + 1
    book.create_sheet(SHEET if number == 1 else f"{SHEET} {number}").append(header)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return ILLEGAL_CHARACTERS_RE.sub("\ufffd", value) if isinstance(value, str) else value


class _TimelessZip(ZipFile):
    """An archive whose entries have no time of their own."""

    def writestr(self, zinfo_or_arcname: str | ZipInfo, data: Any, *_: Any) -> None:
        """See `ZipFile`."""
        super().writestr(_entry(zinfo_or_arcname), data, ZIP_DEFLATED)

    def write(self, filename: str | os.PathLike[str], arcname: Any = None, *_: Any) -> None:
        """See `ZipFile`."""
        super().writestr(_entry(arcname or filename), Path(filename).read_bytes(), ZIP_DEFLATED)


def _entry(name: Any) -> ZipInfo:
    return name if isinstance(name, ZipInfo) else ZipInfo(os.fspath(name), EPOCH)
