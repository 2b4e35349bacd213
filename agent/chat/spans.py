"""Lengths and dates as people say them: "under a minute", "1:30 or less", "newer than last month"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from agent.chat.grammar import MONTHS
from agent.chat.words import number_in

UNITS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}


def seconds_in(span: re.Match[str]) -> float:
    """The seconds that a match of `span` says."""
    if span["clock"]:
        minutes, rest = span["clock"].split(":")
        return float(int(minutes) * 60 + int(rest))
    unit = UNITS[re.sub(r"(?<=[a-z]{2})s$", "", span["unit"].lower())]
    amount = 0.5 if span["half"] else _amount(span["amount"]) + (0.5 if span["and_half"] else 0)
    return amount * unit


def date_in(said: re.Match[str], today: date, *, whole: bool) -> date | None:
    """The day that a match of `date` means. None for a day that no calendar has.

    With `whole`, as after "newer than", last month is over before the answer; without, as after "since", it is in.
    """
    try:
        return _date(said, today, whole)
    except (ValueError, OverflowError):
        return None


def _date(said: re.Match[str], today: date, whole: bool) -> date:
    if said["iso"]:
        parts = [int(part) for part in said["iso"].split("-")]
        return date(*[*parts, 1, 1][:3])
    if said["month"]:
        month = MONTHS.index(said["month"].lower()) + 1
        past = (month, int(said["day"] or 1)) <= (today.month, today.day)
        year = int(said["year"]) if said["year"] else today.year if past else today.year - 1
        return date(year, month, int(said["day"] or 1))
    if said["named"]:
        return _named(said["named"].lower(), today, whole)
    count, period = said["many"] or said["ago"], said["period"] or said["ago_period"]
    return today - timedelta(days=number_in(count) * DAYS[period.lower()])


def _named(words: str, today: date, whole: bool) -> date:
    if words in ("today", "yesterday"):
        return today - timedelta(days=words == "yesterday")
    which, period = words.removesuffix(" ago").rsplit(" ", 1)
    if which not in ("this", "last") or period not in ("week", "month", "year"):  # "the last month" is the past 30 days
        return today - timedelta(days=DAYS[period])
    start = _start(today, period)
    return start if which == "this" or whole else _start(start - timedelta(days=1), period)


def _start(day: date, period: str) -> date:
    """The first day of the week, month or year that `day` is in."""
    first = {
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }
    return first[period]


def _amount(words: str | None) -> float:
    if not words or words.lower() in ("a", "an"):
        return 1.0
    return float(words) if re.match(r"\d", words) else float(number_in(words))
