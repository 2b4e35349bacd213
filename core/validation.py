"""Checks shared by the records. They raise `RecordError`, and build its message only then."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shortlist.core.errors import RecordError

MAX_ID_LENGTH = 512
MAX_SECONDS = 1e9  # 31 years: a longer duration is a mistake, and too coarse in float32
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
        raise RecordError(problem, expected=expected, found=short_repr(found), remedy=remedy)


def short_repr(value: object) -> str:
    """Return `repr(value)`, cut to 80 characters."""
    try:
        text = repr(value)
    except ValueError:  # an integer with more digits than Python converts
        text = f"a number of {value.bit_length()} bits" if isinstance(value, int) else type(value).__name__
    return text if len(text) <= 80 else f"{text[:77]}..."


def check_id(value: object, what: str) -> None:
    """Raise unless `value` is a string of 1 to 512 printable characters without white space at its ends."""
    # A fast path for valid ids: this runs for every id of every event that is read.
    if isinstance(value, str) and 0 < len(value) <= MAX_ID_LENGTH and value.isprintable() and " " not in value:
        return
    for expected, holds in ID_RULES:
        if not holds(value):
            require(False, f"bad {what}", expected, value)


def check_text(value: object, what: str) -> None:
    """Raise unless `value` is None or a string without lone surrogates, which can be neither stored nor sent."""
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
    """Raise with `problem` unless `value` is a text that is not blank."""
    check_text(value, "title")
    if not value or str(value).isspace():
        require(False, problem, "a title that is not blank", value)


def check_time(value: datetime | None, what: str) -> None:
    """Raise unless `value` is None or has a zone and exists in UTC: the calendar's first and last hours may not."""
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
    """Raise unless `value` is None or a finite number of seconds from 0 to 1e9."""
    if value is not None and not 0 <= value <= MAX_SECONDS:  # false for NaN
        long = MAX_SECONDS < value < math.inf
        expected = f"at most {MAX_SECONDS:.0e} seconds" if long else "finite seconds, 0 or more"
        require(False, f"bad {what}", expected, value)


def check_number(value: int | None, what: str) -> None:
    """Raise unless `value` is None or from 0 to 2^31 - 1."""
    if value is not None and not 0 <= value <= MAX_NUMBER:
        require(False, f"bad {what}", f"a whole number, 0 to {MAX_NUMBER}", value)
