"""Parse single values of a row: texts, ids, durations, times, languages, tags.

Each function raises `RecordError` for a value it cannot parse; `what` names the value in it. None and blank text mean
that the value is missing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from shortlist.core.errors import RecordError
from shortlist.core.validation import check_seconds, require

Name = TypeVar("Name", bound=str)

CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{2}(?:\.\d+)?)", re.ASCII)
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?", re.ASCII)
MIN_EPOCH_S = 1e8  # in 1973: a smaller number is hardly meant as seconds since 1970
EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
EXCEL_DAYS = (20_000, 80_000)  # 1954 to 2119: no year, no date written as a number, no epoch seconds
DOTTED_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)  # day first wherever dots are used
LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*", re.ASCII)


@cache
def _durations() -> TypeAdapter[timedelta]:
    return TypeAdapter(timedelta)


@cache
def _times() -> TypeAdapter[datetime]:
    return TypeAdapter(AwareDatetime)


def is_missing(value: Any) -> bool:
    """Return whether `value` is None, blank text or an empty list."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def text(value: Any, what: str) -> str:
    """Return `value` as stripped text, "" if it is missing. Accepts numbers."""
    if is_missing(value):
        return ""
    good = isinstance(value, str | int | float) and not isinstance(value, bool) and value == value
    require(good, f"bad {what}", "a text", value)
    return str(value).strip()


def optional_text(value: Any, what: str) -> str | None:
    """Return `value` as `text` does, but None if it is missing."""
    return text(value, what) or None


def identifier(value: Any, what: str) -> str:
    """Return an id unchanged, or a whole number as text. The record checks the rest."""
    require(not is_missing(value), f"no {what}", "a text", value, "give every record its own")
    good = isinstance(value, str | int) and not isinstance(value, bool)
    require(good, f"bad {what}", "a text or a whole number", value)
    return str(value)


def seconds(value: Any, what: str) -> float | None:
    """Parse seconds from a number (also as text), ISO-8601 ("PT1M3S") or a clock time ("1:03", "1:02:03")."""
    if is_missing(value):
        return None
    found = _seconds(value)
    expected = "finite seconds, 0 or more (63, PT1M3S or 1:03)"
    require(found is not None, f"bad {what}", expected, value)
    check_seconds(found, what)
    return found


def _seconds(value: Any) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    try:
        if not isinstance(value, str):
            return None if isinstance(value, bool) else float(value)
        clock = CLOCK.fullmatch(value.strip())
        if clock:
            hours, minutes, rest = clock.groups()
            return int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
        if value.strip().upper().startswith("P"):
            return _durations().validate_python(value.strip().upper()).total_seconds()
        return float(value)
    except (ValueError, TypeError, OverflowError):
        return None


def moment(value: Any, what: str, *, days: bool = False) -> datetime | None:
    """Parse a time in UTC from ISO-8601 with a zone, or from epoch seconds.

    Rejects a time without a zone, and numbers so small that they look like a year or a date ("2019", "20261120").
    With `days`, a bare date ("2026-11-20", "20261120", "20.11.2026") is midnight UTC: a day of publication has no zone.
    A number between `EXCEL_DAYS` counts days as Excel does, in UTC.
    """
    if is_missing(value):
        return None
    if _is_number(value) and EXCEL_DAYS[0] <= float(value) < EXCEL_DAYS[1]:
        return EXCEL_EPOCH + timedelta(seconds=round(float(value) * 86_400))
    day = _day(value) if days else None
    if day is not None:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    value = value.strip() if isinstance(value, str) else value
    try:
        if _is_number(value) and abs(float(value)) < MIN_EPOCH_S:
            raise ValueError("a year or a day rather than epoch seconds")
        return _times().validate_python(value).astimezone(UTC)
    except (ValidationError, OverflowError, ValueError) as error:
        zone = isinstance(error, ValidationError) and error.errors()[0]["type"] == "timezone_aware"
        expected = "a time with a zone" if zone else "a time (ISO-8601 with a zone, or epoch seconds)"
        slashes = "/" in str(value)
        remedy = "write it as 2026-11-24T08:00:00Z" + (", or add --dates day or --dates month" if slashes else "")
        raise RecordError(f"bad {what}", expected=expected, found=repr(value)[:80], remedy=remedy) from error


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and bool(NUMBER.fullmatch(value)))


def _day(value: Any) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    compact = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if len(compact) not in (8, 9, 10) or (compact.isdigit() and len(compact) != 8):
        return None
    dotted = DOTTED_DAY.fullmatch(compact)
    try:
        return date(*map(int, reversed(dotted.groups()))) if dotted else date.fromisoformat(compact)
    except ValueError:
        return None


def language(value: Any, what: str) -> str | None:
    """Normalise a language code: "EN_us" becomes "en-us"."""
    code = text(value, what)
    if not code:
        return None
    require(bool(LANGUAGE.fullmatch(code)), f"bad {what}", "a code as en or pt-BR", code)
    return code.replace("_", "-").lower()


def tags(value: Any, what: str) -> tuple[str, ...]:
    """Parse labels from a list, a list written as text, or comma-separated text. Removes duplicates and leading #."""
    if is_missing(value):
        return ()
    found = parse_list(value) if isinstance(value, str) else value
    if found is None:
        found = str(value).split(",")
    require(isinstance(found, list | tuple), f"bad {what}", "a list or a comma-separated text", value)
    cleaned = (text(tag, what).lstrip("#").strip() for tag in found)
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))


def parse_list(value: str) -> list[Any] | None:
    """Parse a list written as JSON or Python; None if `value` is not one."""
    stripped = value.strip()
    if not (stripped.startswith("[") and stripped.endswith("]")):
        return None
    for parse in (from_json, ast.literal_eval):
        try:
            found = parse(stripped)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return found if isinstance(found, list) else None
    return None


def integer(value: Any, what: str) -> int | None:
    """Parse a whole number, 0 or more."""
    if is_missing(value):
        return None
    try:
        number = float(value) if not isinstance(value, bool) else -1.0
        found = int(number) if number == int(number) else -1
    except (ValueError, TypeError, OverflowError):
        found = -1
    require(found >= 0, f"bad {what}", "a whole number, 0 or more", value)
    return found


def one_of(names: Sequence[Name], value: Any, what: str) -> Name:
    """Return the name among `names` that equals `value`, ignoring case."""
    found = text(value, what).lower()
    for name in names:
        if name == found:
            return name
    raise RecordError(
        f"bad {what}", expected=f"one of {', '.join(names)}", found=repr(value)[:80], remedy="correct the record"
    )


def metadata(values: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Return the values of unknown columns as plain JSON, without missing ones. NaN becomes null."""
    rest = {name: value for name, value in values.items() if name not in known and not is_missing(value)}
    try:
        plain: dict[str, Any] = from_json(to_json(rest, inf_nan_mode="null"))
    except ValueError as error:
        raise RecordError(
            "bad extra column", expected="values that JSON can hold", found=str(error)[:80], remedy="drop the column"
        ) from error
    return {name: value for name, value in plain.items() if value is not None}
