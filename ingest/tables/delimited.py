"""Read rows from delimited text (RFC 4180): separated by commas, semicolons, tabs or bars, with or without a header."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.limits import Limits, check_width
from shortlist.ingest.tables.lines import length_fault, lines_of, open_source, text_fault
from shortlist.ingest.tables.rows import Columns, Failure, Row, reject_duplicate_columns

DELIMITERS = ",;\t|"
QUOTED = re.compile(r'"[^"]*"')
NEVER_CLOSED = "never closed"
TOO_LONG = "\udc00"  # replaces a line that is too long to read; no decoded byte gives this character
DEFAULT = Limits()
MAX_REREAD = 2_000_000  # lines read again after unclosed quotes, before the rest of the file is given up


@dataclass(frozen=True, slots=True)
class _Fields:
    """The raw fields of one row; `line` and `last` are its first and last lines in the file."""

    line: int
    last: int
    fields: list[str]
    fault: str | None = None


class _Lines:
    """The lines of a file, some of which are put back to be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._again.popleft() if self._again else next(self._lines)

    def put_back(self, lines: Sequence[str]) -> None:
        """Read these lines next."""
        self._again.extendleft(reversed(lines))


def csv_rows(
    source: Path, columns: Columns, limits: Limits = DEFAULT, read_again: int = MAX_REREAD
) -> Iterator[Row | Failure]:
    """Yield the rows of `source`. Raises `UsageError` if the header lacks a required column or repeats one.

    The delimiter is that of `DELIMITERS` which splits the header into most columns.
    An unclosed quote fails its row, and the lines after it are read again. After `read_again` such lines the rest of
    the file is one failure.
    """
    raw = _raw_rows(source, limits, read_again, delimiter(source))
    first = next(raw, None)
    header = [name.strip() for name in first.fields] if first else []
    check_width(source, len(header))
    _refuse_unreadable(source, first.fault if first else None, header)
    names = columns.rename(header)
    columns.check(names, str(source))
    reject_duplicate_columns(source, names)
    for fields in raw:
        yield _named_row(source, fields.line, names, fields.fields, fault=fields.fault)


def headerless_rows(source: Path, names: Sequence[str]) -> Iterator[Row | Failure]:
    """Yield the rows of a file without a header, whose columns are `names`."""
    for fields in _raw_rows(source):
        yield _named_row(source, fields.line, names, fields.fields, fault=fields.fault)


def first_fields(source: Path) -> list[str]:
    """Return the fields of the first row; none for an empty file."""
    first = next(_raw_rows(source), None)
    return first.fields if first else []


def delimiter(source: Path) -> str:
    """Return the character of `DELIMITERS` that splits the first line into most fields."""
    with open_source(source) as file:
        header = _text(next(lines_of(file, source, DEFAULT), b""))
    return max(DELIMITERS, key=QUOTED.sub("", header).count)


def _named_row(
    source: Path, line: int, names: Sequence[str], fields: Sequence[str], *, fault: str | None = None
) -> Row | Failure:
    """Return the row of `fields` under `names`, or a failure."""
    where = f"{source}:{line}"
    if fault:
        return Failure(where, fault)
    if fault := _length_fault(fields):
        return Failure(where, fault)
    if len(fields) != len(names):
        remedy = 'quote a field that holds a comma, as "a, b"'
        return Failure(where, f"wrong number of fields: expected {len(names)}, found {len(fields)}; {remedy}")
    values = {name: value for name, value in zip(names, fields, strict=True) if name}
    fault = text_fault(values)
    return Failure(where, fault) if fault else Row(where, values)


def _length_fault(fields: Sequence[str]) -> str | None:
    return length_fault(DEFAULT) if any(TOO_LONG in text for text in fields if not text.isascii()) else None


def _raw_rows(
    source: Path, limits: Limits = DEFAULT, read_again: int = MAX_REREAD, delimiter: str = DELIMITERS[0]
) -> Iterator[_Fields]:
    """Yield the raw rows. An unclosed quote fails its own row, and the lines after it are read again."""
    csv.field_size_limit(limits.cell)
    with open_source(source) as file:
        # Decode a byte that is not UTF-8 as a lone surrogate, so that it fails its own row and no other.
        lines = _Lines(_text(line) for line in lines_of(file, source, limits))
        start, left = 0, read_again
        while True:
            taken: list[str] = []
            reader = csv.reader(_remembered(lines, taken), strict=True, delimiter=delimiter)
            yield from _closed_rows(reader, start, taken)
            if not taken:
                return
            start += reader.line_num - len(taken) + 1
            left -= len(taken)
            last = start if left >= 0 else start + len(taken) - 1 + sum(1 for _ in lines)
            yield _Fields(start, last, [], _complaint(NEVER_CLOSED, start, last))
            if left < 0:
                return
            lines.put_back(taken[1:])


def _text(line: bytes | None) -> str:
    return f"{TOO_LONG}\n" if line is None else line.decode(errors="surrogateescape")


def _closed_rows(reader: Any, start: int, taken: list[str]) -> Iterator[_Fields]:
    """Yield rows until the end, and leave `taken` empty, or until an unclosed quote, and leave its lines in `taken`.

    `start` is the number of lines before the reader's first.
    """
    while True:
        taken.clear()
        line = start + reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            taken.clear()
            return
        except csv.Error as error:
            if len(taken) > 1 or "unexpected end" in str(error):
                return  # the quote is closed by that of a later row, or never
            yield _Fields(line, start + reader.line_num, [], _complaint(str(error), line, start + reader.line_num))
            continue
        if fields:
            yield _Fields(line, start + reader.line_num, fields)


def _remembered(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _complaint(error: str, line: int, last: int) -> str:
    if "new-line character" in error:
        return "old line endings: expected LF or CR LF, found CR alone; save the file with LF"
    if error == NEVER_CLOSED:
        unread = f", so that lines {line} to {last} were not read" if last > line else ""
        found = f"one that opens here and never closes{unread}"
    else:
        found = f'"{error}"'
    return f'broken quotes: expected a field in quotes, found {found}; double a quote inside a field, as ""'


def _refuse_unreadable(source: Path, fault: str | None, header: Sequence[str]) -> None:
    found = fault or _length_fault(header) or text_fault({"a column's name": list(header)})
    if found:
        raise UsageError(
            f"{source}: unreadable header",
            expected="the names of the columns",
            found=found,
            remedy="correct the first row",
        )
