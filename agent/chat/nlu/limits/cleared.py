"""Limits that a message clears: "any length", "drop the date", "without any limits", "longer is fine"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shortlist.agent.chat.action import LIMITS
from shortlist.agent.chat.nlu.context import Extraction, ParseContext, cut
from shortlist.agent.chat.nlu.grammar import pattern

LENGTH = ("min_duration_s", "max_duration_s")
DATE = ("published_after", "published_before")
CHANNEL = ("channel", "not_channels")
CATEGORY = ("category", "not_categories")
LANGUAGE = ("language", "not_languages")
LIMITS_BY_NAME: Mapping[str, tuple[str, ...]] = {
    "length": LENGTH, "duration": LENGTH, "time": LENGTH, "date": DATE, "age": DATE, "channel": CHANNEL,
    "source": CHANNEL, "category": CATEGORY, "kind": CATEGORY, "language": LANGUAGE, "word": ("not_words",),
}  # fmt: skip
ALLOWED_AGAIN = {
    "longer": "max_duration_s", "shorter": "min_duration_s", "older": "published_after", "newer": "published_before",
}  # fmt: skip


def extract_cleared_limits(text: str, context: ParseContext) -> Extraction:
    """Return the cleared limits, each with the value None."""
    names: list[str] = []
    if match := pattern("lift_all").search(text):
        names, text = [name for name in LIMITS if name != "include_seen"], cut(text, match)
    if match := pattern("lift_span").search(text):
        names, text = [*names, *LENGTH], cut(text, match)
    while match := pattern("lift_one").search(text) or pattern("no_matter").search(text):
        names, text = [*names, *LIMITS_BY_NAME[_singular(match["limit"])]], cut(text, match)
    while match := pattern("welcome").search(text):
        names, text = [*names, ALLOWED_AGAIN[next(way for way in match.groups() if way).lower()]], cut(text, match)
    if match := pattern("not_only").search(text):
        category = context.names.category(match["kind"])
        channel = context.names.channel(match["kind"])
        if category or channel:
            names, text = [*names, "category" if category else "channel"], cut(text, match)
    return dict.fromkeys(names), text


def _singular(word: str) -> str:
    return re.sub(r"ies$", "y", word.lower()).removesuffix("s")
