"""Extracts the limits of a message by a list of rules: duration, date, names, exclusions, count, seen videos."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from shortlist.agent.chat.nlu.context import Extraction, Limit, ParseContext, cut
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.limits.cleared import extract_cleared_limits
from shortlist.agent.chat.nlu.limits.durations import extract_duration, extract_relative_duration
from shortlist.agent.chat.nlu.limits.exclusions import (
    exclude_languages,
    exclude_names,
    exclude_videos,
    replace_category,
)
from shortlist.agent.chat.nlu.limits.inclusions import extract_category, extract_channel, extract_language
from shortlist.agent.chat.nlu.limits.publication_date import extract_publication_date
from shortlist.agent.chat.nlu.vocabulary import parse_number


def extract_limits(text: str, context: ParseContext) -> Extraction:
    """Return the limits in `text` as arguments of an action, and the rest of the text."""
    arguments: dict[str, Any] = {}
    for limit in LIMITS:
        extracted, text = limit(text, context)
        arguments.update(extracted)
    return arguments, text


def _extract_seen(text: str, context: ParseContext) -> Extraction:
    match = pattern("seen").search(text)
    return ({"include_seen": True}, cut(text, match)) if match else ({}, text)


def _extract_count(text: str, context: ParseContext) -> Extraction:
    for phrase in ("many", "bare", "count_aside"):
        match = pattern(phrase).search(text)
        if match is not None:
            number = next(parse_number(value) for value in match.groupdict().values() if value)
            more = re.match(r"(?:next|another)\b", match[0], re.I)  # "the next five" also asks for the next page
            return {"k": max(1, number)}, cut(text, match, f" {more[0]} " if more else " ")
    return {}, text


# Exclusions run before inclusions, or "not in English" would be read as "in English".
LIMITS: Sequence[Limit] = (
    extract_cleared_limits, exclude_videos, _extract_seen, extract_publication_date, extract_duration,
    extract_relative_duration, exclude_languages, replace_category, exclude_names, extract_channel, extract_category,
    extract_language, _extract_count,
)  # fmt: skip
