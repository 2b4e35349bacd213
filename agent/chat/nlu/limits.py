"""Limits taken out of a message, one rule each: how long, how new, from whom, not what, how many, seen or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from shortlist.agent.chat.nlu import durations as bounds
from shortlist.agent.chat.nlu import exclusions as refusals
from shortlist.agent.chat.nlu import inclusions as choices
from shortlist.agent.chat.nlu.clear_limits import lifted
from shortlist.agent.chat.nlu.context import Found, Limit, ParseContext, cut
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.published import published
from shortlist.agent.chat.nlu.words import number_in


def take_limits(text: str, setting: ParseContext) -> Found:
    """The limits that `text` sets, as arguments of an action, and what else it says."""
    arguments: dict[str, Any] = {}
    for limit in LIMITS:
        found, text = limit(text, setting)
        arguments.update(found)
    return arguments, text


def _seen(text: str, setting: ParseContext) -> Found:
    match = pattern("seen").search(text)
    return ({"include_seen": True}, cut(text, match)) if match else ({}, text)


def _count(text: str, setting: ParseContext) -> Found:
    for phrase in ("many", "bare", "count_aside"):
        match = pattern(phrase).search(text)
        if match is not None:
            number = next(number_in(value) for value in match.groupdict().values() if value)
            kept = re.match(r"(?:next|another)\b", match[0], re.I)  # "the next five" asks for more, not only for five
            return {"k": max(1, number)}, cut(text, match, f" {kept[0]} " if kept else " ")
    return {}, text


# What is refused is taken before what is wanted, or "not in English" would be read as "in English".
LIMITS: Sequence[Limit] = (
    lifted, refusals.videos, _seen, published, bounds.length, bounds.compared, refusals.languages, refusals.contrasted,
    refusals.names, choices.source, choices.kind, choices.language, _count,
)  # fmt: skip
