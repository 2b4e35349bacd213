"""The checks that records share. Each raises `RecordError`; one that passes builds no message."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shortlist.core.errors import RecordError

MAX_ID_LENGTH = 512
MAX_SECONDS = 1e9  # 31 years: what is longer is no length of anything, and too coarse for a float32
MAX_NUMBER = 2**31 - 1

ID_RULES: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("a string", lambda value: isinstance(value, str)),
    ("a string that is not blank", lambda value: not value.isspace() and value != ""),
    ("no white space at either end", lambda value: not (value[0].isspace() or value[-1].isspace())),
    (f"at most {MAX_ID_LENGTH} characters", lambda value: len(value) <= MAX_ID_LENGTH),
    ("printable characters only", str.isprintable),
)


def require(holds: bool, problem: str, expected: str, found: object, remedy: str = "correct the record") -> None:
    """Raise `RecordError` unless `holds`; the other arguments become its message."""
    if not holds:
        raise RecordError(problem, expected=expected, found=shown(found), remedy=remedy)


def shown(value: object) -> str:
    """`value` as a message shows it: written out, and cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # a whole number too long to be written out
        text = f"a number of {value.bit_length()} bits" if isinstance(value, int) else type(value).__name__
    return text if len(text) <= 80 else f"{text[:77]}..."


def check_id(value: object, what: str) -> None:
    """An id is a string of 1 to 512 printable characters without white space at its ends."""
    # What follows the rules, in one look: this runs for every id of every event that is read.
    if isinstance(value, str) and 0 < len(value) <= MAX_ID_LENGTH and value.isprintable() and " " not in value:
        return
    for expected, holds in ID_RULES:
        if not holds(value):
            require(False, f"bad {what}", expected, value)


def check_text(value: object, what: str) -> None:
    """A text is None or a string of whole characters: half of a surrogate pair can be neither stored nor sent."""
    if value is None:
        return
    if not isinstance(value, str):
        require(False, f"bad {what}", "a text", value)
    elif not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            found = f"{value[error.start]!r} at character {error.start + 1}"
            problem, remedy = f"bad {what}", "write the text as UTF-8"
            raise RecordError(problem, expected="valid Unicode", found=found, remedy=remedy) from error


def check_title(value: object, problem: str) -> None:
    """A title is a text that is not blank; `problem` says whose is."""
    check_text(value, "title")
    if not value or str(value).isspace():
        require(False, problem, "a title that is not blank", value)


def check_time(value: datetime | None, what: str) -> None:
    """A time is None or carries a zone and exists in UTC too: some first and last hours of the calendar do not."""
    if value is None or value.tzinfo is UTC:
        return
    remedy = "write it as 2026-11-24T08:00:00Z"
    if value.utcoffset() is None:
        require(False, f"bad {what}", "a time with a zone", value.isoformat(), remedy)
    try:
        value.astimezone(UTC)
    except OverflowError:
        require(False, f"bad {what}", "a time in the years 1 to 9999 in UTC", value.isoformat(), remedy)


def check_seconds(value: float | None, what: str) -> None:
    """Seconds are None or 0 to 1e9, finite."""
    if value is not None and not 0 <= value <= MAX_SECONDS:  # false for NaN
        long = MAX_SECONDS < value < math.inf
        expected = f"at most {MAX_SECONDS:.0e} seconds" if long else "finite seconds, 0 or more"
        require(False, f"bad {what}", expected, value)


def check_number(value: int | None, what: str) -> None:
    """A number is None or whole and 0 to 2^31 - 1."""
    if value is not None and not 0 <= value <= MAX_NUMBER:
        require(False, f"bad {what}", f"a whole number, 0 to {MAX_NUMBER}", value)
