"""Reading text files line by line, with the file and line in every complaint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from shortlist.core.errors import RecordError, UsageError


def numbered_lines(path: Path) -> Iterator[tuple[str, str]]:
    """(`FILE:LINE`, text without its line end) of every line that is not blank, one at a time.

    Raises `UsageError` where the file is missing and `RecordError` at a line that is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                where = f"{path}:{number}"
                text = decoded(raw, where).rstrip("\r\n")
                if text.strip():
                    yield where, text
    except OSError as error:
        raise UsageError(
            f"cannot read {path}", expected="a readable file", found=str(error.strerror), remedy="check the data folder"
        ) from error


def decoded(raw: bytes, where: str) -> str:
    """`raw` as UTF-8 without a byte-order mark; raises `RecordError` that names `where`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordError(
            f"{where} is not UTF-8",
            expected="UTF-8 text",
            found=f"byte 0x{raw[error.start]:02x} at column {error.start + 1}",
            remedy="convert the file to UTF-8",
        ) from error


def fields(text: str, where: str, expected: int, layout: str, separator: str | None = None) -> list[str]:
    """The `expected` fields of a line; raises `RecordError` that shows `layout` where the number differs."""
    parts = text.split(separator)
    if len(parts) != expected:
        refuse(where, f"{expected} fields ({layout})", f"{len(parts)}", "an id may not hold white space")
    return parts


def whole_number(text: str, where: str, what: str) -> int:
    """`text` as an integer; raises `RecordError` that names `what`."""
    try:
        return int(text)
    except ValueError:
        refuse(where, f"a whole number as {what}", repr(text))


def checked_id(value: object, where: str, what: str) -> str:
    """`value` as an id that run files can carry; raises `RecordError` where it is blank or holds white space."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if text.split() != [text]:
        refuse(where, f"a {what} without white space", repr(value), "rename it: TREC files separate by white space")
    return text


def refuse(where: str, expected: str, found: str, remedy: str = "correct the line") -> NoReturn:
    """Raise the `RecordError` of one line."""
    raise RecordError(f"bad line {where}", expected=expected, found=found, remedy=remedy)


def three_of(ids: Iterable[str]) -> str:
    """How many `ids` there are, with the first three of them in order as examples."""
    ordered = sorted(ids)
    shown = ", ".join(map(repr, ordered[:3]))
    return f"{len(ordered)} ({shown}{', ...' if len(ordered) > 3 else ''})"
