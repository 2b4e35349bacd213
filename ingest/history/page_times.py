"""Times on the pages of Google Takeout: "Mar 8, 2018, 5:14:40 PM UTC", and dates in numbers.

Since 2020 they are local times, and the zone is the abbreviation that it had at the export: in an export of summer a
winter's evening is "BST", too. So a zone of two names stands for the place, whose own rules decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PLACES: Mapping[str, str] = {
    "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "MST": "America/Denver", "MDT": "America/Denver",
    "CST": "America/Chicago", "CDT": "America/Chicago", "EST": "America/New_York", "EDT": "America/New_York",
    "GMT": "Europe/London", "BST": "Europe/London", "WET": "Europe/Lisbon", "WEST": "Europe/Lisbon",
    "CET": "Europe/Berlin", "CEST": "Europe/Berlin", "MEZ": "Europe/Berlin", "MESZ": "Europe/Berlin",
    "EET": "Europe/Helsinki", "EEST": "Europe/Helsinki", "MSK": "Europe/Moscow", "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "HKT": "Asia/Hong_Kong", "SGT": "Asia/Singapore",
    "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney", "ACST": "Australia/Adelaide",
    "ACDT": "Australia/Adelaide", "AWST": "Australia/Perth", "NZST": "Pacific/Auckland", "NZDT": "Pacific/Auckland",
    "BRT": "America/Sao_Paulo", "ART": "America/Argentina/Buenos_Aires", "SAST": "Africa/Johannesburg",
}  # fmt: skip
MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip
CLOCK = r"(\d{1,2}):(\d\d):(\d\d)(?:\s*([AP]\.?M\.?))?\s*(\S+)?"
MONTH_FIRST = re.compile(rf"([A-Z][a-z]{{2}})[a-z]*\.? (\d{{1,2}}), (\d{{4}}),? {CLOCK}", re.IGNORECASE)
DAY_FIRST = re.compile(rf"(\d{{1,2}}) ([A-Z][a-z]{{2}})[a-z]*\.? (\d{{4}}),? {CLOCK}", re.IGNORECASE)
GERMAN = re.compile(rf"(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}}),? {CLOCK}")
YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}),? {CLOCK}")
OFFSET = re.compile(r"(?:GMT|UTC)([-+\u2212])(\d{1,2})(?::?(\d\d))?")


def page_time(text: str) -> datetime | None:
    """Return the time in UTC, or None if its language or zone is unknown."""
    if found := MONTH_FIRST.fullmatch(text):
        month, day, year, *clock = found.groups()
    elif (found := DAY_FIRST.fullmatch(text)) or (found := GERMAN.fullmatch(text)):
        day, month, year, *clock = found.groups()
    elif found := YEAR_FIRST.fullmatch(text):
        year, month, day, *clock = found.groups()
    else:
        return None
    number = MONTHS.get(month.casefold()) if month.isalpha() else int(month)
    zone = _zone(clock[4] or "UTC")
    if number is None or zone is None:
        return None
    hour = _hour(int(clock[0]), clock[3])
    try:
        at = datetime(int(year), number, int(day), hour, int(clock[1]), int(clock[2]), tzinfo=zone)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    return hour % 12 + (12 if half[0] in "Pp" else 0)


@cache
def _zone(name: str) -> tzinfo | None:
    if name in ("UTC", "Z"):
        return UTC
    if offset := OFFSET.fullmatch(name):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(ahead if offset[1] == "+" else -ahead)
    try:
        return ZoneInfo(PLACES[name]) if name in PLACES else None
    except ZoneInfoNotFoundError:
        return None
