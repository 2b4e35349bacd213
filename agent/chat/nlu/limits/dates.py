"""Date ranges as people write them: "last month", "September 2025", "2 weeks ago"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from shortlist.agent.chat.nlu.grammar import MONTHS
from shortlist.agent.chat.nlu.vocabulary import parse_number

DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DateRange:
    """The days from `first` to the day before `end`; open-ended if that is None, as for "the last two weeks"."""

    first: date
    end: date | None = None

    @property
    def after(self) -> date:
        """The first day after the range. A single day is included: "after 1 October" returns its videos too."""
        return self.first if self.end is None or self.end - self.first == DAY else self.end


def parse_dates(match: re.Match[str], today: date) -> DateRange | None:
    """Return the range that a match of `date` means; None for a day that does not exist."""
    try:
        return _parse(match, today)
    except (ValueError, OverflowError):
        return None


def days_ago(count: str, period: str, today: date) -> date:
    """Return the day `count` periods before `today`. Raises `OverflowError` before year 1."""
    number = 1 if count.lower() in ("a", "an") else parse_number(count)
    return today - timedelta(days=number * DAYS[period.lower()])


def _parse(match: re.Match[str], today: date) -> DateRange:
    if match["iso"]:
        parts = [int(part) for part in match["iso"].split("-")]
        return _period(date(*[*parts, 1, 1][:3]), ("year", "month", "day")[len(parts) - 1])
    if match["month"]:
        month, day = MONTHS.index(match["month"].lower()) + 1, match["day"] or match["day_after"]
        past = (month, int(day or 1)) <= (today.month, today.day)
        year = int(match["year"]) if match["year"] else today.year if past else today.year - 1
        return _period(date(year, month, int(day or 1)), "day" if day else "month")
    if match["named"]:
        return _parse_relative(match["named"].lower(), today)
    return DateRange(days_ago(match["many"] or match["ago"], match["period"] or match["ago_period"], today))


def _parse_relative(words: str, today: date) -> DateRange:
    if words in ("today", "yesterday"):
        return _period(today - DAY * (words == "yesterday"), "day")
    which, period = words.removesuffix(" ago").rsplit(" ", 1)
    if which not in ("this", "last") or period not in ("week", "month", "year"):  # "the last month" is the past 30 days
        return DateRange(today - timedelta(days=DAYS[period]))
    start = _start(today, period)
    return _period(start if which == "this" else _start(start - DAY, period), period)


def _period(first: date, period: str) -> DateRange:
    """Return the day, week, month or year that begins at `first`."""
    days_to_next = {"day": 1, "week": 7, "month": 31, "year": 366}[period]
    return DateRange(first, _start(first + timedelta(days=days_to_next), period))


def _start(day: date, period: str) -> date:
    """Return the first day of the week, month or year of `day`."""
    first = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }
    return first[period]
