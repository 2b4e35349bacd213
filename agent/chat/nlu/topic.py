"""What a message is about, once its reader and its limits are taken out."""

from __future__ import annotations

import re

from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.words import word_set

TOKEN = re.compile(r"\S+")
CLAUSE = re.compile(r"\s*[,;!]\s+")
EDGE = ' ,.;:!?"“”()-–—'


def topic_in(text: str) -> str | None:
    """What comes after the last "about", or else what the wish itself names; None for nothing."""
    return marked_topic(text) or stripped(_wish(text))


def marked_topic(text: str) -> str | None:
    """What comes after the last "about" or its like."""
    marker = _last(pattern("topic_marker"), text) or _last(pattern("topic_on"), text)
    return _trimmed_end(text[marker.end() :]) if marker else None


def stripped(text: str) -> str | None:
    """`text` without the filler around it; None where there is nothing else."""
    tokens = [token for token in TOKEN.findall(text) if token.strip(EDGE)]
    while tokens and _is_filler(tokens[0]):
        tokens.pop(0)
    while tokens and _is_filler(tokens[-1]):
        tokens.pop()
    if tokens and re.fullmatch(r"(?:videos?|clips?|films?)", tokens[-1].strip(EDGE), re.I):
        tokens.pop()
    return " ".join(tokens).strip(EDGE) or None


def _wish(text: str) -> str:
    """`text` without what is only said beside the wish: "I can't sleep, show me cats before bed" wishes for cats."""
    clauses = CLAUSE.split(text)
    wishes = [clause for clause in clauses if pattern("wish").search(clause)]
    wish = " ".join(wishes or clauses)
    asked = pattern("what_to_watch").search(wish)
    return pattern("meanwhile").split(wish[: asked.start()] if asked else wish)[0]


def _trimmed_end(text: str) -> str | None:
    """`text` without politeness at its end and an article or noun that leads nowhere."""
    text = pattern("topic_end").sub("", text)
    text = pattern("topic_start").sub("", text.strip(EDGE))
    return text.strip(EDGE) or None


def _is_filler(token: str) -> bool:
    return token.strip(EDGE).lower() in word_set("filler")


def _last(marker: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = list(marker.finditer(text))
    return found[-1] if found else None
