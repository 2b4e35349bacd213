"""Rules about one place of the last list: why it was recommended, and what it is about."""

from __future__ import annotations

import re
from dataclasses import replace

from shortlist.agent.chat.action import Action, ActionName
from shortlist.agent.chat.nlu.context import cut
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.vocabulary import parse_number, word_map

MAX_WORDS = 16  # a longer message is about more than a place


def explain(msg: ParsedMessage) -> Action | None:
    """Return the action that says why a video was recommended: "why number 3?"."""
    if pattern("why_not").match(msg.body):
        return Action("help")  # nothing explains why a video is not in the list
    if not pattern("why").match(msg.body):
        return None
    detail = pattern("in_detail").search(msg.body)
    short = replace(msg, body=cut(msg.body, detail).strip(" ?.!,")) if detail else msg
    action = _about_place("explain", short, pattern("why_that")) or _about_place("explain", msg, pattern("why_that"))
    return replace(action, arguments={**action.arguments, "in_detail": True}) if action and detail else action


def describe(msg: ParsedMessage) -> Action | None:
    """Return the action that says what a video is about: "what is the second about?"."""
    if "not_videos" in msg.limits or ("k" in msg.limits and not msg.rest):
        return None
    return _about_place("describe", msg, pattern("what_that"))


def _about_place(name: ActionName, msg: ParsedMessage, that: re.Pattern[str]) -> Action | None:
    """Return an action on a place of the last list; "that" is the place in focus."""
    place = pattern("placed").search(msg.body)
    if place is None and not that.fullmatch(msg.body):
        return None
    if place is not None and (_is_count(place, msg) or len(msg.body.split()) > MAX_WORDS):
        return None
    number = place_of(place) if place else msg.state.focus
    user = msg.reader or msg.state.list_reader or msg.state.user
    return Action(name, {"number": number, **({"user": user} if user else {})})


def place_of(match: re.Match[str]) -> int:
    """Return the place in a match of `placed`."""
    return parse_number(match["numbered"] or match["ordinal"] or match["bare"])


def _is_count(match: re.Match[str], msg: ParsedMessage) -> bool:
    """Return whether a bare number is a count, not a place."""
    before = msg.body[: match.start()].strip().lower()
    if match["numbered"]:
        return False
    if match["ordinal"] or match["bare"].lower() in word_map("places"):
        return before.endswith(("every", "each"))
    return pattern("which").fullmatch(before) is None
