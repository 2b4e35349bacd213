"""Limits on duration: "under a minute", "between 30 and 60 seconds", "shorter ones"."""

from __future__ import annotations

import math
import re
from statistics import median
from typing import Any

from shortlist.agent.chat.nlu.context import Extraction, ParseContext, cut, cut_span, negation_start
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.vocabulary import parse_number

UNITS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
SHORT_S = 60  # "shorter" if no duration is known
NEGATED = {"max_duration_s": "min_duration_s", "min_duration_s": "max_duration_s"}  # "nothing under a minute"


def parse_seconds(span: re.Match[str]) -> float:
    """Return the seconds in a match of `span`."""
    if span["clock"]:
        minutes, rest = span["clock"].split(":")
        return float(int(minutes) * 60 + int(rest))
    amount = 0.5 if span["half"] else _amount(span["amount"]) + (0.5 if span["and_half"] else 0)
    return amount * _unit(span["unit"])


def _low_seconds(between: re.Match[str], unit_of_high: str) -> float:
    """Return the seconds in the first half of a match of `between`, which need not name its unit."""
    amount = 0.5 if between["low"].lower().startswith("half") else _amount(between["low"])
    return amount * _unit(between["low_unit"] or unit_of_high)


def _unit(word: str) -> int:
    return UNITS[re.sub(r"(?<=[a-z]{2})s$", "", word.lower())]


def _amount(words: str | None) -> float:
    if not words or words.lower() in ("a", "an"):
        return 1.0
    return float(words) if re.match(r"\d", words) else float(parse_number(words))


def extract_duration(text: str, context: ParseContext) -> Extraction:
    """Return the minimum and maximum duration, in seconds."""
    between = pattern("between").search(text)
    if between is not None:
        span = _last_span(between)
        low = _low_seconds(between, span["unit"] or "s")
        return {"min_duration_s": _as_int(low), "max_duration_s": _as_int(parse_seconds(span))}, cut(text, between)
    limits: dict[str, Any] = {}
    for key, phrases in {"max_duration_s": ("under", "or_less"), "min_duration_s": ("over", "or_more")}.items():
        match = next(filter(None, (pattern(phrase).search(text) for phrase in phrases)), None)
        if match is not None:
            begin = negation_start(text, match.start())
            limits[key if begin is None else NEGATED[key]] = _as_int(parse_seconds(_last_span(match)))
            text = cut_span(text, match.start() if begin is None else begin, match.end())
    return limits, text


def extract_relative_duration(text: str, context: ParseContext) -> Extraction:
    """Return a limit relative to the median of the last list, for "shorter" or "longer", negated or not."""
    lengths = [item["duration_s"] for item in context.state.last_list if item.get("duration_s") is not None]
    middle = median(lengths or [SHORT_S + 1])
    below, above = math.ceil(middle) - 1, math.floor(middle) + 1
    limits = {"shorter": {"max_duration_s": below}, "longer": {"min_duration_s": above}}
    negated = {"shorter": {"min_duration_s": below + 1}, "longer": {"max_duration_s": above - 1}}
    for phrase in limits:
        match = pattern(phrase).search(text)
        if match is not None and (lengths or phrase == "shorter"):
            begin = negation_start(text, match.start())
            limit = limits[phrase] if begin is None else negated[phrase]
            return dict(limit), cut_span(text, match.start() if begin is None else begin, match.end())
    return {}, text


def _last_span(match: re.Match[str]) -> re.Match[str]:
    """Return the last match of `span` inside a longer match."""
    return list(pattern("span").finditer(match[0]))[-1]


def _as_int(seconds: float) -> float | int:
    return int(seconds) if seconds == int(seconds) else seconds
