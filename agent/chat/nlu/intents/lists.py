"""Lists of the intents that ask for one: a request for videos, or the last one with other limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.nlu.continuation import repeat
from shortlist.agent.chat.nlu.feedback import places_in
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.intents.classifier import load_models
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.names import leading_words, strip_video_nouns
from shortlist.agent.chat.nlu.topic import find_marked_topic, strip_filler, trim
from shortlist.agent.chat.nlu.vocabulary import parse_number, word_map

MIN_REFUSAL_WORDS = 3  # a shorter refusal has words of the grammar; other short messages are topics
MAX_MARKED_WORDS = 4  # of a topic after "about"; a longer one may have more in it than the topic
SURE_OF_TOPIC = 2.0  # sum of log-odds


def topic_of(msg: ParsedMessage, least: float = 0.0) -> str | None:
    """Return the topic that the tagger finds in `msg`, without its occasion; None below `least` log-odds."""
    text = pattern("topic_end").sub("", msg.rest)
    clause = pattern("clause").search(text)
    if clause:  # "I'm curious how bees find home"
        return trim(clause["topic"])
    before, *after = pattern("meanwhile").split(text, maxsplit=1)
    rest = " ".join(after)
    topic = load_models()[1].topic(rest if not before.strip() or find_marked_topic(rest) else before, least)
    if topic and strip_filler(topic):
        marked = find_marked_topic(text) or ""
        marked = find_marked_topic(marked) or marked
        whole = marked.endswith(topic) and len(marked.split()) <= MAX_MARKED_WORDS  # "search engines", not "engines"
        return marked if whole else find_marked_topic(topic) or trim(topic)
    kind = pattern("of_that_kind").search(msg.rest)  # "penguin videos"
    return strip_filler(kind["topic"]) if kind else None


def recommend(msg: ParsedMessage, least: float = 0.0) -> Action | None:
    """Return a request about the topic of the message, or a search without a reader."""
    to_do = pattern("what_to_do").match(msg.rest)
    about = trim(to_do["topic"]) if to_do else topic_of(msg, least)
    limits = {**msg.limits, **(_limit_named(about, msg) if about else {})}
    if len(limits) > len(msg.limits):
        about = None
    if about and not msg.user:
        return Action("search", {"text": msg.rest if pattern("question").match(msg.rest) else about, **limits})
    return Action("recommend", {"user": msg.user, **({"about": about} if about else {}), **limits})


def browse(msg: ParsedMessage) -> Action | None:
    """Return a request without a topic, unless the message is "something funny" or the tagger is sure of one."""
    return recommend(msg, 0.0 if pattern("some_kind").match(msg.rest) else SURE_OF_TOPIC)


def _limit_named(words: str, msg: ParsedMessage) -> Mapping[str, Any]:
    """Return the limit that `words` alone are: a number of videos, or a channel."""
    channel = msg.context.names.exact_channel(words)
    if pattern("count").fullmatch(words):
        return {"k": max(1, parse_number(words))}
    return {"channel": channel} if channel else {}


def search(msg: ParsedMessage) -> Action | None:
    """Return a search for the topic of the message, or for a whole question; a request where a reader wishes it."""
    question = pattern("question").match(msg.rest) and "channel" not in msg.limits
    if msg.user and not question and not pattern("look").match(msg.rest):
        return recommend(msg)
    text = msg.rest if question else topic_of(msg)
    return Action("search", {"text": text, **msg.limits}) if text and not msg.reader else None


def refine(msg: ParsedMessage) -> Action | None:
    """Return the last request with the limits of the message; None if it has none."""
    marked = find_marked_topic(msg.rest)
    if msg.state.last_request is None or (marked and strip_filler(marked)):  # "something about bees, under a minute"
        return recommend(msg)
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


def exclude(msg: ParsedMessage) -> Action | None:
    """Return the last request without what the message refuses; None if it refuses nothing."""
    if msg.changes_list:
        return repeat(msg, {}) if msg.state.last_request else browse(msg)
    if len(msg.rest.split()) < MIN_REFUSAL_WORDS:
        return None
    refused = topic_of(msg)
    return repeat(msg, _exclusion(refused, msg)) if refused else None


def _exclusion(words: str, msg: ParsedMessage) -> Mapping[str, Any]:
    """Return the limit that excludes `words`: a category, a channel, or a single word; no filter excludes a phrase."""
    category, channel = msg.context.names.category(strip_video_nouns(words)), msg.context.names.channel(words)
    if category:
        return {"not_categories": [category]}
    if channel:
        return {"not_channels": [channel]}
    return {"unmet": [msg.rest]} if " " in words else {"not_words": [words.lower()]}


def hide(msg: ParsedMessage) -> Action | None:
    """Return the last request without the places that the message names."""
    if not msg.state.last_list or "not_videos" in msg.limits:
        return repeat(msg, {}) if msg.limits else None
    return repeat(msg, {"not_videos": places_in(msg.body, msg.state)})


def resemble(msg: ParsedMessage) -> Action | None:
    """Return a request for videos like the place that the message names; None without a list."""
    if not msg.state.last_list:
        return None
    return Action("recommend", {"user": msg.user, "like": places_in(msg.body, msg.state)[0], **msg.limits})


def surprise(msg: ParsedMessage) -> Action | None:
    """Return a request for videos drawn at random, perhaps about a topic."""
    about = find_marked_topic(pattern("surprise_words").sub("", msg.rest))
    return Action(
        "recommend", {"user": msg.user, **({"about": about} if about else {}), "surprise": True, **msg.limits}
    )


def start_over(msg: ParsedMessage) -> Action | None:
    """Return a request without topic and limits; None if there is none to leave, or the message has limits."""
    return Action("recommend", {"user": msg.user}) if msg.state.last_request and not msg.limits else None
