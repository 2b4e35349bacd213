"""How new: "since September", "from last year", "older than two weeks", "between June and August"."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise

from shortlist.agent.chat.nlu.context import Found, ParseContext, cut, cut_span, refused
from shortlist.agent.chat.nlu.days import days_ago, days_in
from shortlist.agent.chat.nlu.grammar import pattern

OLDEST = 2005  # the year of the first site for videos; "in 1969" is of a topic


def published(text: str, setting: ParseContext) -> Found:
    """The first day of which a video may be, and the first that is too new."""
    for rule in (_age, _between, _dated, _compared):
        found, rest = rule(text, setting)
        if rest != text:
            return found, rest
    return {}, text


def _age(text: str, setting: ParseContext) -> Found:
    for phrase in ("young", "old"):
        match = pattern(phrase).search(text)
        if match is not None:
            day = days_ago(match["age"], match["age_unit"], setting.today)
            first, end = (day, None) if phrase == "young" else (None, day)
            return _limited(text, *match.span(), first, end, setting)
    return {}, text


def _between(text: str, setting: ParseContext) -> Found:
    for one, other in pairwise(pattern("date").finditer(text)):
        opening = pattern("from_date").search(text[: one.start()])
        if opening is None or not pattern("to_date").fullmatch(text[one.end() : other.start()]):
            continue
        last = days_in(other, setting.today)
        # A month without a year is the last one before the other end.
        first = last and days_in(one, last.first if one["month"] else setting.today)
        if first and last and first.first.year >= OLDEST:
            start, end = sorted((first.first, last.end or last.first))
            return _limited(text, opening.start(), other.end(), start, end, setting)
    return {}, text


def _dated(text: str, setting: ParseContext) -> Found:
    for phrase in ("not_older", "not_newer", "published", "lately"):
        for match in pattern(phrase).finditer(text):
            days, how = days_in(match, setting.today), match.groupdict()
            history = days is not None and days.first.year < OLDEST and (how.get("before") or how.get("within"))
            if days is None or history:
                continue
            if phrase == "not_newer":
                return {"published_before": (days.end or days.first).isoformat()}, cut(text, match)
            if how.get("before"):
                end = days.end if how["before"].lower() in ("until", "till") else None
                return _limited(text, *match.span(), None, end or days.first, setting)
            first = days.after if how.get("strict") else days.first
            end = days.end if how.get("within") and not how["on"] else None
            return _limited(text, *match.span(), first, end, setting)
    return {}, text


def _limited(text: str, start: int, stop: int, first: date | None, end: date | None, setting: ParseContext) -> Found:
    """Both ends as limits, the other way round where they are refused; a last day that is to come is none."""
    if end is not None and end > setting.today:
        end = None
    begin = refused(text, start)
    rest = cut_span(text, start if begin is None else begin, stop)
    if begin is not None:
        if first and end:
            return {"unmet": [text[begin:stop].strip()]}, rest
        first, end = end, first
    ends = {"published_after": first, "published_before": end}
    return {name: day.isoformat() for name, day in ends.items() if day}, rest


def _compared(text: str, setting: ParseContext) -> Found:
    """Newer or older than the middle one of the list that was shown."""
    times = [datetime.fromisoformat(item["published"]) for item in setting.memory.listed if item.get("published")]
    for phrase in ("newer", "older"):
        match = pattern(phrase).search(text)
        if match is not None and times:
            middle = sorted(times)[len(times) // 2].date()
            first, end = (middle, None) if phrase == "newer" else (None, middle)
            return _limited(text, *match.span(), first, end, setting)
    return {}, text
