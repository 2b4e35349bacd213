"""Questions about the catalogue: "how many videos about space are there?", "what channels do you have?"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shortlist.agent.chat.action import LIMITS, Action
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.names import says_nothing, strip_video_nouns


def count(msg: ParsedMessage) -> Action | None:
    """Return the count of all videos, or of those about a topic and within limits."""
    limits = {name: value for name, value in msg.limits.items() if name in LIMITS and value is not None}
    found = pattern("counts_videos").fullmatch(msg.rest) or pattern("counts_topic").fullmatch(msg.rest)
    if found is None and not (limits and pattern("counts_limited").fullmatch(msg.rest)):
        return None
    about = " ".join(filter(None, found.groups())) if found else ""
    return Action("count", {**_named(about, msg), **limits})


def contents(msg: ParsedMessage) -> Action | None:
    """Return the list of the catalogue's channels, categories or languages."""
    found = pattern("asks_contents").fullmatch(msg.body)
    if found is None:
        return None
    kinds = {"channels": "channels|creators|sources", "languages": "languages"}
    said = next(text.lower() for text in found.groups() if text)
    kind = next((kind for kind, words in kinds.items() if re.match(words.replace("s|", "s?|") + "?", said)), None)
    return Action("contents", {"kind": kind or "categories"})


def _named(words: str, msg: ParsedMessage) -> Mapping[str, Any]:
    """Return the limit or the topic that `words` are; nothing for "of your" and the like."""
    words = strip_video_nouns(words).strip(' "“”')
    if not words or says_nothing(words):
        return {}
    category, channel = msg.context.names.category(words), msg.context.names.exact_channel(words)
    if category or channel:
        return {"category": category} if category else {"channel": channel}
    return {"about": words}
