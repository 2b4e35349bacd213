"""Lengths of time as people say them: "a minute", "1:30", "half an hour"."""

from __future__ import annotations

import re

from shortlist.agent.chat.words import number_in

UNITS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}


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
