"""A rule of the parser: the action of the intent that the classifier finds, its arguments read by the other rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any

from shortlist.agent.chat.action import Action, ActionName
from shortlist.agent.chat.nlu.continuation import continue_list
from shortlist.agent.chat.nlu.feedback import places_in
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.intents.classifier import load_models
from shortlist.agent.chat.nlu.intents.features import text_to_encode
from shortlist.agent.chat.nlu.intents.lists import (
    SURE_OF_TOPIC,
    browse,
    exclude,
    hide,
    recommend,
    refine,
    resemble,
    search,
    start_over,
    surprise,
    topic_of,
)
from shortlist.agent.chat.nlu.limits.dates import parse_dates
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.standing import wish
from shortlist.core.ranking import FloatArray

NO_LIMITS = frozenset({"k", "not_words", "unmet"})  # what the rules may take for limits in feedback
PROBABLE, SURE = 0.4, 0.9  # probabilities of an intent; below PROBABLE the rules that come later read the message


def read_sure_intent(msg: ParsedMessage) -> Action | None:
    """Return the action of the intent of which the n-grams are sure; None if it lacks what the action needs."""
    return _act(msg, None, SURE)


def read_probable_intent(msg: ParsedMessage) -> Action | None:
    """Return the action of the most probable intent; None if it lacks what the action needs.

    The vector of the message helps where the encoder is there.
    """
    return _act(msg, msg.context.encode(text_to_encode(msg)) if msg.context.encode else None, PROBABLE)


def _act(msg: ParsedMessage, vector: FloatArray | None, least: float) -> Action | None:
    if msg.state.awaiting_preference or not msg.text or msg.text.startswith("/"):
        return None
    if pattern("each").fullmatch(msg.body):  # a place alone says nothing of what to do with it
        return None
    intent, probability = load_models()[0].classify(msg, vector)
    return ACTIONS[intent](msg) if probability >= least else None


def undo(msg: ParsedMessage) -> Action | None:
    """Return the action that takes the last step back; None if there is none."""
    before = msg.state.previous_request
    if before is None:
        return None
    arguments = {"user": msg.user} if before.name == "feedback" else before.arguments
    return Action(before.name, {**arguments, "undone": True})


def watched_when(msg: ParsedMessage) -> Action | None:
    """Return the reader's history of the dates in `msg`; None without a reader or a date."""
    said = next(pattern("when").finditer(msg.body), None)
    days = parse_dates(said, msg.context.today) if said else None
    if not msg.user or days is None:
        return None
    ends = {"watched_after": days.first, "watched_before": days.end}
    return Action("profile", {"user": msg.user, **{name: day.isoformat() for name, day in ends.items() if day}})


def _about_place(name: ActionName) -> Callable[[ParsedMessage], Action | None]:
    def act(msg: ParsedMessage) -> Action | None:
        user = msg.reader or msg.state.list_reader or msg.state.user
        if not msg.state.last_list:
            return None
        detail = {"in_detail": True} if name == "explain" and pattern("in_detail").search(msg.body) else {}
        return Action(name, {"number": places_in(msg.body, msg.state)[0], **({"user": user} if user else {}), **detail})

    return act


def _judge(judgement: str) -> Callable[[ParsedMessage], Action | None]:
    """Return the builder of feedback on videos. It is stored, so the message must point at a video and ask nothing."""

    def act(msg: ParsedMessage) -> Action | None:
        if pattern("asks").match(msg.body) or not any(
            pattern(name).search(msg.body) for name in ("points_at", "whole", "each_judged")
        ):
            return None
        return _feedback(msg, {"action": judgement, "numbers": places_in(msg.body, msg.state)})

    return act


def _like_all(msg: ParsedMessage) -> Action | None:
    if pattern("like").search(msg.rest):  # "more like these" asks for videos and likes none
        return None
    return _feedback(msg, {"action": "like", "numbers": msg.state.last_page, "more": True})


def _dislike_channel(msg: ParsedMessage) -> Action | None:
    named = topic_of(msg)
    channel = msg.limits.get("channel") or (msg.context.names.channel(named) if named else None)
    if not pattern("refusing_channel").search(msg.body):  # "something from the NASA channel"
        return None
    which = {"channel": channel} if channel else {"channel_of": places_in(msg.body, msg.state)[0]}
    return _feedback(msg, {"action": "dislike", **which}, NO_LIMITS | {"channel"})


def _feedback(msg: ParsedMessage, arguments: Mapping[str, Any], allowed: Set[str] = NO_LIMITS) -> Action | None:
    """Return feedback; None without a list, or if the message limits one other than by what is `allowed`."""
    if not msg.state.last_list or None in msg.limits.values() or msg.limits.keys() - allowed:
        return None
    return Action("feedback", {**({"user": msg.user} if msg.user else {}), **arguments})


def _profile(msg: ParsedMessage) -> Action | None:
    return Action("profile", {"user": msg.user})


def _settings(msg: ParsedMessage) -> Action | None:
    return None if msg.limits else Action("objective", {"user": msg.user})


def _clear_settings(msg: ParsedMessage) -> Action | None:
    lifted = None in msg.limits.values()
    return Action("objective", {"user": msg.user, "clear": True}) if lifted or not msg.limits else None


def _help(msg: ParsedMessage) -> Action | None:
    about_videos = msg.limits or msg.reader or topic_of(msg, SURE_OF_TOPIC)  # "what is a semiconductor?"
    return None if about_videos else Action("help")


def _small_talk(kind: str) -> Callable[[ParsedMessage], Action | None]:
    return lambda msg: None if msg.limits else Action("help", {"small_talk": kind})


ACTIONS: Mapping[str, Callable[[ParsedMessage], Action | None]] = {
    "recommend": recommend,
    "browse": browse,
    "search": search,
    "refine": refine,
    "exclude": exclude,
    "hide": hide,
    "next": continue_list,
    "similar": resemble,
    "surprise": surprise,
    "start_over": start_over,
    "explain": _about_place("explain"),
    "describe": _about_place("describe"),
    "open": _about_place("open"),
    "like": _judge("like"),
    "dislike": _judge("dislike"),
    "seen": _judge("view"),
    "more_of_these": _like_all,
    "less_channel": _dislike_channel,
    "undo": undo,
    "profile": _profile,
    "history": watched_when,
    "standing": wish,
    "settings": _settings,
    "clear_settings": _clear_settings,
    "help": _help,
    "thanks": _small_talk("thanks"),
    "farewell": _small_talk("farewell"),
    "other": lambda msg: None,
}
