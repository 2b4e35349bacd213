"""Finds the topic of a message whose reader and limits have been removed."""

from __future__ import annotations

import re

from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.vocabulary import word_set

TOKEN = re.compile(r"\S+")
CLAUSE = re.compile(r"\s*[,;!?.]\s+")
EDGE = ' ,.;:!?"“”()-–—'


def find_topic(text: str) -> str | None:
    """Return the text after the last "about", else the topic of the wish itself; None without one."""
    return find_marked_topic(text) or strip_filler(_wish(text)) or _find_fondness(text)


def _find_fondness(text: str) -> str | None:
    """Return what somebody likes, where the wish has no topic: birds for "she likes birds, what would she enjoy?"."""
    match = pattern("fondness").search(text)
    return trim(match["topic"]) if match else None


def find_marked_topic(text: str) -> str | None:
    """Return the text after the last "about" or similar word; None without one."""
    marker = _last(pattern("topic_marker"), text) or _last(pattern("topic_on"), text)
    return trim(text[marker.end() :]) if marker else None


def strip_filler(text: str) -> str | None:
    """Return `text` without filler at its ends; None if nothing else is left."""
    tokens = [token for token in TOKEN.findall(text) if token.strip(EDGE)]
    while tokens and _is_filler(tokens[0]):
        tokens.pop(0)
    while tokens and _is_filler(tokens[-1]):
        tokens.pop()
    if tokens and re.fullmatch(r"(?:videos?|clips?|films?)", tokens[-1].strip(EDGE), re.I):
        tokens.pop()
    return " ".join(tokens).strip(EDGE) or None


def _wish(text: str) -> str:
    """Return the wish without its circumstances: cats for "I can't sleep, show me cats before bed"."""
    clauses = CLAUSE.split(text)
    wishes = [clause for clause in clauses if pattern("wish").search(clause)]
    wish = " ".join(wishes or clauses)
    question = pattern("what_to_watch").search(wish)
    return pattern("meanwhile").split(wish[: question.start()] if question else wish)[0]


def trim(text: str) -> str | None:
    """Return `text` without politeness at its end and articles at its beginning; None if nothing is left."""
    text = pattern("topic_end").sub("", text)
    text = pattern("topic_start").sub("", text.strip(EDGE))
    return text.strip(EDGE) or None


def _is_filler(token: str) -> bool:
    return token.strip(EDGE).lower() in word_set("filler")


def _last(marker: re.Pattern[str], text: str) -> re.Match[str] | None:
    matches = list(marker.finditer(text))
    return matches[-1] if matches else None
