"""A rule of the parser: the action of the intent that the classifier finds, its arguments read by the other rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from typing import Any

from shortlist.agent.chat.action import Action, ActionName
from shortlist.agent.chat.nlu.continuation import continue_list, repeat
from shortlist.agent.chat.nlu.feedback import places_in
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.intents.classifier import load_models
from shortlist.agent.chat.nlu.intents.features import text_to_encode
from shortlist.agent.chat.nlu.limits.dates import parse_dates
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.names import leading_words, strip_video_nouns
from shortlist.agent.chat.nlu.standing import wish
from shortlist.agent.chat.nlu.topic import find_marked_topic, trim
from shortlist.agent.chat.nlu.vocabulary import parse_number, word_map
from shortlist.core.ranking import FloatArray

NO_LIMITS = frozenset({"k", "not_words", "unmet"})  # what the rules may take for limits in feedback
SURE_OF_TOPIC = 2.0  # sum of log-odds
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


def _topic(msg: ParsedMessage, least: float = 0.0) -> str | None:
    text = pattern("topic_end").sub("", msg.rest)
    before, *after = pattern("meanwhile").split(text, maxsplit=1)
    rest = " ".join(after)
    topic = load_models()[1].topic(rest if not before.strip() or find_marked_topic(rest) else before, least)
    return (find_marked_topic(topic) or trim(topic)) if topic else None


def _recommend(msg: ParsedMessage, least: float = 0.0) -> Action | None:
    about = _topic(msg, least)
    limits = {**msg.limits, **(_limit_named(about, msg) if about else {})}
    if len(limits) > len(msg.limits):
        about = None
    if about and not msg.user:
        return Action("search", {"text": msg.rest if pattern("question").match(msg.rest) else about, **limits})
    return Action("recommend", {"user": msg.user, **({"about": about} if about else {}), **limits})


def _browse(msg: ParsedMessage) -> Action | None:
    """Return a request without a topic, unless the message is "something funny" or the tagger is sure of one."""
    return _recommend(msg, 0.0 if pattern("some_kind").match(msg.rest) else SURE_OF_TOPIC)


def _limit_named(words: str, msg: ParsedMessage) -> Mapping[str, Any]:
    """Return the limit that `words` alone are: a number of videos, or a channel."""
    channel = msg.context.names.exact_channel(words)
    if pattern("count").fullmatch(words):
        return {"k": max(1, parse_number(words))}
    return {"channel": channel} if channel else {}


def _search(msg: ParsedMessage) -> Action | None:
    question = pattern("question").match(msg.rest) and "channel" not in msg.limits
    if msg.user and not question and not pattern("look").match(msg.rest):
        return _recommend(msg)
    text = msg.rest if question else _topic(msg)
    return Action("search", {"text": text, **msg.limits}) if text and not msg.reader else None


def _refine(msg: ParsedMessage) -> Action | None:
    if msg.state.last_request is None:
        return _recommend(msg)
    limits = {} if msg.limits or msg.reader else _limit_inside(msg)
    return repeat(msg, limits) if msg.limits or msg.reader or limits else None


def _limit_inside(msg: ParsedMessage) -> Mapping[str, Any]:
    """Return the limit that some words of `msg` name: a channel, a category, a language or a number of videos."""
    names = msg.context.names
    for start in re.finditer(r"\S+", msg.rest):
        for words, _ in leading_words(msg.rest[start.start() :]):
            channel, category = names.exact_channel(words), names.category(strip_video_nouns(words))
            if channel or category:
                return {"channel": channel} if channel else {"category": category}
            if language := word_map("languages").get(words.lower()):
                return {"language": language}
            if pattern("count").fullmatch(words):
                return {"k": max(1, parse_number(words))}
    return {}


def _exclude(msg: ParsedMessage) -> Action | None:
    if msg.changes_list:
        return repeat(msg, {}) if msg.state.last_request else _browse(msg)
    refused = _topic(msg)
    return repeat(msg, _exclusion(refused, msg)) if refused else None


def _exclusion(words: str, msg: ParsedMessage) -> Mapping[str, Any]:
    """Return the limit that excludes `words`: a category, a channel, or a single word; no filter excludes a phrase."""
    category, channel = msg.context.names.category(strip_video_nouns(words)), msg.context.names.channel(words)
    if category:
        return {"not_categories": [category]}
    if channel:
        return {"not_channels": [channel]}
    return {"unmet": [msg.rest]} if " " in words else {"not_words": [words.lower()]}


def _hide(msg: ParsedMessage) -> Action | None:
    if not msg.state.last_list or "not_videos" in msg.limits:
        return repeat(msg, {}) if msg.limits else None
    return repeat(msg, {"not_videos": places_in(msg.body, msg.state)})


def _resemble(msg: ParsedMessage) -> Action | None:
    if not msg.state.last_list:
        return None
    return Action("recommend", {"user": msg.user, "like": places_in(msg.body, msg.state)[0], **msg.limits})


def surprise(msg: ParsedMessage) -> Action | None:
    """Return a request for videos drawn at random, perhaps about a topic."""
    about = find_marked_topic(pattern("surprise_words").sub("", msg.rest))
    return Action(
        "recommend", {"user": msg.user, **({"about": about} if about else {}), "surprise": True, **msg.limits}
    )


def _start_over(msg: ParsedMessage) -> Action | None:
    return Action("recommend", {"user": msg.user}) if msg.state.last_request and not msg.limits else None


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
    return _feedback(msg, {"action": "like", "numbers": msg.state.last_page, "more": True})


def _dislike_channel(msg: ParsedMessage) -> Action | None:
    named = _topic(msg)
    channel = msg.limits.get("channel") or (msg.context.names.channel(named) if named else None)
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
    about_videos = msg.limits or msg.reader or _topic(msg, SURE_OF_TOPIC)  # "what is a semiconductor?"
    return None if about_videos else Action("help")


def _small_talk(kind: str) -> Callable[[ParsedMessage], Action | None]:
    return lambda msg: None if msg.limits else Action("help", {"small_talk": kind})


ACTIONS: Mapping[str, Callable[[ParsedMessage], Action | None]] = {
    "recommend": _recommend,
    "browse": _browse,
    "search": _search,
    "refine": _refine,
    "exclude": _exclude,
    "hide": _hide,
    "next": continue_list,
    "similar": _resemble,
    "surprise": surprise,
    "start_over": _start_over,
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
