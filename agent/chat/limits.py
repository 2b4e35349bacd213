"""Limits taken out of a message, one rule each: how long, how new, from whom, not what, how many, seen or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agent.chat import bounds, choices
from agent.chat.grammar import pattern
from agent.chat.published import published
from agent.chat.setting import Found, Limit, Setting, cut
from agent.chat.words import number_in, word_map


def take_limits(text: str, setting: Setting) -> Found:
    """The limits that `text` sets, as arguments of an action, and what else it says."""
    arguments: dict[str, Any] = {}
    for limit in LIMITS:
        found, text = limit(text, setting)
        arguments.update(found)
    return arguments, text


def _seen(text: str, setting: Setting) -> Found:
    match = pattern("seen").search(text)
    return ({"include_seen": True}, cut(text, match)) if match else ({}, text)


def _language(text: str, setting: Setting) -> Found:
    for match in pattern("in_language").finditer(text):
        language = word_map("languages").get(match["language"].lower())
        if language is not None:
            return {"language": language}, cut(text, match)
    return {}, text


def _count(text: str, setting: Setting) -> Found:
    for phrase in ("many", "bare", "count_aside"):
        match = pattern(phrase).search(text)
        if match is not None:
            number = next(number_in(value) for value in match.groupdict().values() if value)
            kept = re.match(r"(?:next|another)\b", match[0], re.I)  # "the next five" asks for more, not only for five
            return {"k": max(1, number)}, cut(text, match, f" {kept[0]} " if kept else " ")
    return {}, text


LIMITS: Sequence[Limit] = (
    _seen, published, bounds.length, bounds.compared, choices.without, choices.source, choices.kind, _language,
    _count,
)  # fmt: skip
