"""How long: "under a minute", "between 30 and 60 seconds", "shorter ones"."""

from __future__ import annotations

import math
import re
from statistics import median
from typing import Any

from shortlist.agent.chat.nlu.context import Found, ParseContext, cut, cut_span, refused
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.words import number_in

UNITS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
SHORT_S = 60  # "shorter", where no length is known
OTHER_END = {"max_duration_s": "min_duration_s", "min_duration_s": "max_duration_s"}  # "nothing under a minute"


def seconds_in(span: re.Match[str]) -> float:
    """The seconds that a match of `span` says."""
    if span["clock"]:
        minutes, rest = span["clock"].split(":")
        return float(int(minutes) * 60 + int(rest))
    unit = UNITS[re.sub(r"(?<=[a-z]{2})s$", "", span["unit"].lower())]
    amount = 0.5 if span["half"] else _amount(span["amount"]) + (0.5 if span["and_half"] else 0)
    return amount * unit


def _amount(words: str | None) -> float:
    if not words or words.lower() in ("a", "an"):
        return 1.0
    return float(words) if re.match(r"\d", words) else float(number_in(words))


def length(text: str, setting: ParseContext) -> Found:
    """The shortest and the longest length that is wanted, in seconds."""
    between = pattern("between").search(text)
    if between is not None:
        most = seconds_in(_span(between))
        unit = 60 if most >= 60 and re.search(r"m(?:in|\b)", between[0], re.I) else 1
        low = number_in(between["low"]) * unit
        return {"min_duration_s": low, "max_duration_s": _whole(most)}, cut(text, between)
    found: dict[str, Any] = {}
    for key, phrases in {"max_duration_s": ("under", "or_less"), "min_duration_s": ("over", "or_more")}.items():
        match = next(filter(None, (pattern(phrase).search(text) for phrase in phrases)), None)
        if match is not None:
            begin = refused(text, match.start())
            found[key if begin is None else OTHER_END[key]] = _whole(seconds_in(_span(match)))
            text = cut_span(text, match.start() if begin is None else begin, match.end())
    return found, text


def compared(text: str, setting: ParseContext) -> Found:
    """Shorter or longer than the middle one of the list that was shown; "not shorter" is as long or longer."""
    lengths = [item["duration_s"] for item in setting.memory.listed if item.get("duration_s") is not None]
    middle = median(lengths or [SHORT_S + 1])
    below, above = math.ceil(middle) - 1, math.floor(middle) + 1
    wanted = {"shorter": {"max_duration_s": below}, "longer": {"min_duration_s": above}}
    unwanted = {"shorter": {"min_duration_s": below + 1}, "longer": {"max_duration_s": above - 1}}
    for phrase in wanted:
        match = pattern(phrase).search(text)
        if match is not None and (lengths or phrase == "shorter"):
            begin = refused(text, match.start())
            found = wanted[phrase] if begin is None else unwanted[phrase]
            return dict(found), cut_span(text, match.start() if begin is None else begin, match.end())
    return {}, text


def _span(match: re.Match[str]) -> re.Match[str]:
    """The last match of `span` inside a longer match."""
    return list(pattern("span").finditer(match[0]))[-1]


def _whole(seconds: float) -> float | int:
    return int(seconds) if seconds == int(seconds) else seconds
