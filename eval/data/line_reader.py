"""Read text files line by line, and name the file and line in every error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from shortlist.core.errors import RecordError, UsageError


def numbered_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (`FILE:LINE`, text without its line end) for every line that is not blank.

    Raises `UsageError` if the file cannot be read, and `RecordError` at a line that is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                where = f"{path}:{number}"
                text = decode(raw, where).rstrip("\r\n")
                if text.strip():
                    yield where, text
    except OSError as error:
        raise UsageError(
            f"cannot read {path}", expected="a readable file", found=str(error.strerror), remedy="check the data folder"
        ) from error


def decode(raw: bytes, where: str) -> str:
    """Decode UTF-8 and drop a byte-order mark. Raises `RecordError` that names `where`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordError(
            f"{where} is not UTF-8",
            expected="UTF-8 text",
            found=f"byte 0x{raw[error.start]:02x} at column {error.start + 1}",
            remedy="convert the file to UTF-8",
        ) from error


def split_fields(text: str, where: str, expected: int, layout: str, separator: str | None = None) -> list[str]:
    """Split a line into `expected` fields. Raises `RecordError` that shows `layout` for another number of them."""
    parts = text.split(separator)
    if len(parts) != expected:
        refuse(where, f"{expected} fields ({layout})", f"{len(parts)}", "an id may not hold white space")
    return parts


def parse_integer(text: str, where: str, what: str) -> int:
    """Parse `text` as an integer. Raises `RecordError` that names `where` and `what`."""
    try:
        return int(text)
    except ValueError:
        refuse(where, f"a whole number as {what}", repr(text))


def check_id(value: object, where: str, what: str) -> str:
    """Return `value` as an id for TREC files. Raises `RecordError` if it is blank or contains white space."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if text.split() != [text]:
        refuse(where, f"a {what} without white space", repr(value), "rename it: TREC files separate by white space")
    return text


def refuse(where: str, expected: str, found: str, remedy: str = "correct the line") -> NoReturn:
    """Raise a `RecordError` about the line `where`, as `FILE:LINE`."""
    raise RecordError(f"bad line {where}", expected=expected, found=found, remedy=remedy)


def count_with_examples(ids: Iterable[str]) -> str:
    """Return the number of `ids`, with the first three in sorted order as examples."""
    ordered = sorted(ids)
    examples = ", ".join(map(repr, ordered[:3]))
    return f"{len(ordered)} ({examples}{', ...' if len(ordered) > 3 else ''})"
