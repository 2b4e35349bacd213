"""Days as people say them: "last month", "September 2025", "2 weeks ago"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from shortlist.agent.chat.nlu.grammar import MONTHS
from shortlist.agent.chat.nlu.words import number_in

DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """From `first` to the day before `end`; to this day and on where that is None, as for "the last two weeks"."""

    first: date
    end: date | None = None

    @property
    def after(self) -> date:
        """The first day that is newer than these. A single day counts itself: "after 1 October" has its videos."""
        return self.first if self.end is None or self.end - self.first == DAY else self.end


def days_in(said: re.Match[str], today: date) -> Days | None:
    """The days that a match of `date` means. None for a day that no calendar has."""
    try:
        return _days(said, today)
    except (ValueError, OverflowError):
        return None


def days_ago(count: str, period: str, today: date) -> date:
    """The day that many periods before `today`. Raises `OverflowError` before the calendar begins."""
    number = 1 if count.lower() in ("a", "an") else number_in(count)
    return today - timedelta(days=number * DAYS[period.lower()])


def _days(said: re.Match[str], today: date) -> Days:
    if said["iso"]:
        parts = [int(part) for part in said["iso"].split("-")]
        return _whole(date(*[*parts, 1, 1][:3]), ("year", "month", "day")[len(parts) - 1])
    if said["month"]:
        month, day = MONTHS.index(said["month"].lower()) + 1, said["day"] or said["day_after"]
        past = (month, int(day or 1)) <= (today.month, today.day)
        year = int(said["year"]) if said["year"] else today.year if past else today.year - 1
        return _whole(date(year, month, int(day or 1)), "day" if day else "month")
    if said["named"]:
        return _named(said["named"].lower(), today)
    return Days(days_ago(said["many"] or said["ago"], said["period"] or said["ago_period"], today))


def _named(words: str, today: date) -> Days:
    if words in ("today", "yesterday"):
        return _whole(today - DAY * (words == "yesterday"), "day")
    which, period = words.removesuffix(" ago").rsplit(" ", 1)
    if which not in ("this", "last") or period not in ("week", "month", "year"):  # "the last month" is the past 30 days
        return Days(today - timedelta(days=DAYS[period]))
    start = _start(today, period)
    return _whole(start if which == "this" else _start(start - DAY, period), period)


def _whole(first: date, period: str) -> Days:
    """The day, week, month or year that begins at `first`."""
    some_day_of_the_next = {"day": 1, "week": 7, "month": 31, "year": 366}[period]
    return Days(first, _start(first + timedelta(days=some_day_of_the_next), period))


def _start(day: date, period: str) -> date:
    """The first day of the week, month or year that `day` is in."""
    first = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }
    return first[period]
