"""Standing wishes, which every list heeds: "more food", "from now on less sports", "what are my settings?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.names import Names, leading_words, strip_video_nouns

WORD = re.compile(r"[^\s,;.!?]+")


def standing(msg: ParsedMessage) -> Action | None:
    """Return the objective that the message states, asks for or clears; None if it does none of it.

    "Less sports" without "from now on" or the like is about the list at hand, and no standing wish.
    """
    if pattern("asks_objective").fullmatch(msg.body):
        return Action("objective", {"user": msg.user})
    if pattern("clears_objective").fullmatch(msg.body):
        return Action("objective", {"user": msg.user, "clear": True})
    lasting = pattern("lasting").search(msg.body)
    return wish(msg) if lasting else _more(msg)


def wish(msg: ParsedMessage) -> Action | None:
    """Return the objective of a message that is about all lists; None if it names no category, channel or length."""
    if pattern("asks").match(msg.body):
        return None
    wanted: dict[str, Any] = {}
    for amount, name in preferences(msg.body, msg.context.names):
        wanted[amount] = [*wanted.get(amount, ()), name]
    if "max_duration_s" in msg.limits:
        wanted["length_s"] = msg.limits["max_duration_s"] or 0  # a wish for any length removes it
    return Action("objective", {"user": msg.user, **wanted}) if wanted else None


def preferences(text: str, names: Names) -> Iterator[tuple[str, str]]:
    """Yield ("more" or "less", name) for each category and channel in `text` that follows a word of preference."""
    words = list(pattern("preference").finditer(text))
    end, named = 0, set[str]()
    for word in WORD.finditer(text):
        if word.start() < end:
            continue
        name, end = _name_at(text, word.start(), names)
        said = [one for one in words if one.end() <= word.start()]
        if name and said and name not in named:
            named.add(name)
            yield ("less" if said[-1]["less"] or _is_negated(said, text) else "more"), name


def _is_negated(said: Sequence[re.Match[str]], text: str) -> bool:
    """Return whether the last of the words of preference is negated: "no more sports", "I don't like sports"."""
    *_, before, last = [None, *said]
    return before is not None and bool(before["less"]) and not text[before.end() : last.start()].strip()


def _name_at(text: str, start: int, names: Names) -> tuple[str | None, int]:
    """Return the category or channel that begins at `start`, and its end."""
    for words, _ in leading_words(text[start:]):
        name = names.category(strip_video_nouns(words)) or names.exact_channel(words)
        if name:
            return name, start + len(words)
    return None, start


def _more(msg: ParsedMessage) -> Action | None:
    """Return the wish of "more food", whose name is all that the message has."""
    found = pattern("more_or_less").fullmatch(" ".join(msg.body.split()))
    if found is None or not found["more"]:
        return None
    name = msg.context.names.category(found["name"]) or msg.context.names.channel(found["name"])
    return Action("objective", {"user": msg.user, "more": [name]}) if name else None
