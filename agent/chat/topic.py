"""What a message is about, once its reader and its limits are taken out."""

from __future__ import annotations

import re

from agent.chat.grammar import pattern
from agent.chat.words import word_set

TOKEN = re.compile(r"\S+")
EDGE = ' ,.;:!?"“”()'


def topic_in(text: str) -> str | None:
    """What comes after the last "about", or else what is left without filler at both ends; None for nothing."""
    marker = _last(pattern("topic_marker"), text) or _last(pattern("topic_on"), text)
    if marker is not None and (after := _trimmed_end(text[marker.end() :])):
        return after
    return stripped(text)


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
