"""Limits on the publication date: "since September", "from last year", "older than two weeks"."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise

from shortlist.agent.chat.nlu.context import Extraction, ParseContext, cut, cut_span, negation_start
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.limits.dates import days_ago, parse_dates

MIN_YEAR = 2005  # no video site is older; "in 1969" belongs to a topic


def extract_publication_date(text: str, context: ParseContext) -> Extraction:
    """Return the first day to include and the first day after it to exclude, as ISO dates."""
    for rule in (_age, _between, _dated, _relative):
        limits, rest = rule(text, context)
        if rest != text:
            return limits, rest
    return {}, text


def _age(text: str, context: ParseContext) -> Extraction:
    for phrase in ("young", "old"):
        match = pattern(phrase).search(text)
        if match is not None:
            day = days_ago(match["age"], match["age_unit"], context.today)
            first, end = (day, None) if phrase == "young" else (None, day)
            return _date_limits(text, *match.span(), first, end, context)
    return {}, text


def _between(text: str, context: ParseContext) -> Extraction:
    for one, other in pairwise(pattern("date").finditer(text)):
        opening = pattern("from_date").search(text[: one.start()])
        if opening is None or not pattern("to_date").fullmatch(text[one.end() : other.start()]):
            continue
        last = parse_dates(other, context.today)
        # A month without a year is the last one before the other end.
        first = last and parse_dates(one, last.first if one["month"] else context.today)
        if first and last and first.first.year >= MIN_YEAR:
            start, end = sorted((first.first, last.end or last.first))
            return _date_limits(text, opening.start(), other.end(), start, end, context)
    return {}, text


def _dated(text: str, context: ParseContext) -> Extraction:
    for phrase in ("not_older", "not_newer", "published", "lately"):
        for match in pattern(phrase).finditer(text):
            days, groups = parse_dates(match, context.today), match.groupdict()
            bounded = groups.get("before") or groups.get("within")
            if days is None or (bounded and days.first.year < MIN_YEAR):
                continue
            if phrase == "not_newer":
                return {"published_before": (days.end or days.first).isoformat()}, cut(text, match)
            if groups.get("before"):
                end = days.end if groups["before"].lower() in ("until", "till") else None
                return _date_limits(text, *match.span(), None, end or days.first, context)
            first = days.after if groups.get("strict") else days.first
            end = days.end if groups.get("within") and not groups["on"] else None
            return _date_limits(text, *match.span(), first, end, context)
    return {}, text


def _date_limits(
    text: str, start: int, stop: int, first: date | None, end: date | None, context: ParseContext
) -> Extraction:
    """Return both ends as limits, swapped if they are negated; an end in the future is dropped."""
    if end is not None and end > context.today:
        end = None
    begin = negation_start(text, start)
    rest = cut_span(text, start if begin is None else begin, stop)
    if begin is not None:
        if first and end:
            return {"unmet": [text[begin:stop].strip()]}, rest
        first, end = end, first
    ends = {"published_after": first, "published_before": end}
    return {name: day.isoformat() for name, day in ends.items() if day}, rest


def _relative(text: str, context: ParseContext) -> Extraction:
    """Return a limit relative to the median of the last list, for "newer" or "older"."""
    times = [datetime.fromisoformat(item["published"]) for item in context.state.last_list if item.get("published")]
    for phrase in ("newer", "older"):
        match = pattern(phrase).search(text)
        if match is not None and times:
            middle = sorted(times)[len(times) // 2].date()
            first, end = (middle, None) if phrase == "newer" else (None, middle)
            return _date_limits(text, *match.span(), first, end, context)
    return {}, text
