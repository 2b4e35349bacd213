"""Feedback: "I liked number 2", "dislike 3", "seen it", "more of these", "less of this channel"; "open the first"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.nlu.vocabulary import parse_number

# Order matters: "I didn't like it" also contains "like it".
PERIOD = re.compile(r"\blast (?:week|month|year|night|time)\b", re.IGNORECASE)  # "last" is no place there
MAX_WORDS = 16  # longer messages are more than feedback, and would be slow to match
JUDGEMENTS = {"dislikes_target": "dislike", "likes_target": "like", "has_seen": "view"}


def read_feedback(text: str, user: str | None, state: ChatState, names: Names) -> Action | None:
    """Return the feedback in `text` about the last list; None if it has none, or if there is no list."""
    if not state.last_list or len(text.split()) > MAX_WORDS:
        return None
    text = _without_courtesy(text)
    arguments = _about_channel(text, state, names) or _about_videos(text, state)
    if arguments is None:
        return None
    return Action("feedback", {**({"user": user} if user else {}), **arguments})


def read_opening(text: str, user: str | None, state: ChatState) -> Action | None:
    """Return the action that opens a video of the last list; None if `text` does not ask for it."""
    text = _without_courtesy(text)
    if not state.last_list or len(text.split()) > MAX_WORDS or not pattern("open").fullmatch(text):
        return None
    [number, *others] = places_in(text, state)
    return None if others else Action("open", {"number": number, **({"user": user} if user else {})})


def _without_courtesy(text: str) -> str:
    """Return `text` without words around feedback, and without the marks between its clauses."""
    return re.sub(r"[?!.;]+(?= )", "", pattern("way_out").sub("", pattern("lead_in").sub("", text)))


def places_in(text: str, state: ChatState) -> list[int]:
    """Return the places that `text` names: those said, all of the page for "these", else the place in focus."""
    said = [place["numbered"] or place["bare"] for place in pattern("each_judged").finditer(PERIOD.sub("", text))]
    if said:
        return list(dict.fromkeys(map(parse_number, said)))
    return state.last_page if pattern("whole").search(text) else [state.focus]


def _about_videos(text: str, state: ChatState) -> Mapping[str, Any] | None:
    if pattern("more_of_these").fullmatch(text):
        return {"action": "like", "numbers": state.last_page, "more": True}
    for phrase, action in JUDGEMENTS.items():
        if pattern(phrase).fullmatch(text):
            return {"action": action, "numbers": places_in(text, state)}
    return None


def _about_channel(text: str, state: ChatState, names: Names) -> Mapping[str, Any] | None:
    if pattern("less_of_channel").fullmatch(text):
        return {"action": "dislike", "channel_of": places_in(text, state)[0]}
    named = pattern("less_of_named").fullmatch(text)
    channel = names.channel(named["channel"] or named["before"]) if named else None
    return {"action": "dislike", "channel": channel} if channel else None
