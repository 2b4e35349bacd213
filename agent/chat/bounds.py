"""How long: "under a minute", "between 30 and 60 seconds", "shorter ones"."""

from __future__ import annotations

import math
import re
from statistics import median
from typing import Any

from agent.chat.grammar import pattern
from agent.chat.setting import Found, Setting, cut
from agent.chat.spans import seconds_in
from agent.chat.words import number_in

SHORT_S = 60  # "shorter", where no length is known


def length(text: str, setting: Setting) -> Found:
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
            found[key] = _whole(seconds_in(_span(match)))
            text = cut(text, match)
    return found, text


def compared(text: str, setting: Setting) -> Found:
    """Shorter or longer than the middle one of the list that was shown."""
    listed = setting.memory.listed
    lengths = [item["duration_s"] for item in listed if item.get("duration_s") is not None]
    if match := pattern("shorter").search(text):
        return {"max_duration_s": math.ceil(median(lengths)) - 1 if lengths else SHORT_S}, cut(text, match)
    if (match := pattern("longer").search(text)) and lengths:
        return {"min_duration_s": math.floor(median(lengths)) + 1}, cut(text, match)
    return {}, text


def _span(match: re.Match[str]) -> re.Match[str]:
    """The last match of `span` inside a longer match."""
    return list(pattern("span").finditer(match[0]))[-1]


def _whole(seconds: float) -> float | int:
    return int(seconds) if seconds == int(seconds) else seconds
