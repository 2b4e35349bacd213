"""Message -> action by a table of small rules, tried in order, without a model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from shortlist.agent.chat.action import LIMITS, Action
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.nlu.certainty import ask, is_certain, writes
from shortlist.agent.chat.nlu.context import Encode, ParseContext, cut
from shortlist.agent.chat.nlu.continuation import earlier_list, next_page, refine, refuse, resemble
from shortlist.agent.chat.nlu.feedback import read_feedback, read_opening
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.intents.actions import (
    read_probable_intent,
    read_sure_intent,
    undo,
    watched_when,
)
from shortlist.agent.chat.nlu.intents.lists import surprise
from shortlist.agent.chat.nlu.limits.extract import extract_limits
from shortlist.agent.chat.nlu.message import ParsedMessage, Rule
from shortlist.agent.chat.nlu.names import Names, extract_readers
from shortlist.agent.chat.nlu.normalise import normalise
from shortlist.agent.chat.nlu.places import describe, explain
from shortlist.agent.chat.nlu.questions.catalogue import contents, count
from shortlist.agent.chat.nlu.questions.listed import compare, find_quote
from shortlist.agent.chat.nlu.single_words import read_single_words
from shortlist.agent.chat.nlu.spelling import correct_spelling, restore_spelling
from shortlist.agent.chat.nlu.standing import standing
from shortlist.agent.chat.nlu.topic import find_marked_topic, find_topic, trim

MAX_TOPIC_WORDS = 8  # longer texts without a known phrase are not read as a topic
MAX_STEP_WORDS = 10  # of a message to take the last step back
MAX_QUESTION_WORDS = 16  # of a question to search for


def is_small_talk(text: str, *, named: bool) -> bool:
    """Return whether `text` asks for no video. `named` is True if it names a reader, which small talk rarely does."""
    if pattern("greeting").fullmatch(text):
        return True
    if named and pattern("switching").match(text):
        return False
    return any(pattern(phrase).fullmatch(text) for phrase in ("errand", *(() if named else ("about_chat", "world"))))


def parse(message: str, state: ChatState, names: Names, today: date, encode: Encode | None = None) -> Action | None:
    """Return the action of `message`; None if no rule can read it. No text raises.

    `encode` is asked only for messages of which neither a phrase nor the classifier's n-grams are sure.
    """
    parsed, changes, others = split_message(message, ParseContext(names, state, today, encode))
    for rule in RULES:
        action = rule(parsed)
        if action is not None:
            sure = not writes(action) or is_certain(action, parsed)
            return _finish(action if sure else ask(action, parsed), changes, others)
    return None


def split_message(message: str, context: ParseContext) -> tuple[ParsedMessage, Mapping[str, str], tuple[str, ...]]:
    """Return `message` in parts, the corrections of its spelling, and the readers that it names after the first."""
    text, changes = correct_spelling(pattern("interjection").sub("", normalise(message).strip(" ?.!,")))
    readers = extract_readers(text, context.names.is_reader)
    reader, body = readers.first, readers.text
    if reader is None and context.state.last_reader and (pronoun := pattern("pronoun").search(text)):
        reader, body = context.state.last_reader, cut(text, pronoun)
    if reader is None and (lone := pattern("lone_reader").fullmatch(text)):
        reader, body = lone["reader"], lone["before"] or ""
    limits, rest = extract_limits(body, context)
    asks = message.rstrip(" !.").endswith("?") and not pattern("requests").match(text)
    parsed = ParsedMessage(text, reader, body.strip(" ?.!,"), limits, rest.strip(" ?.!,"), asks, context)
    return parsed, changes, readers.others


def _start_over(msg: ParsedMessage) -> Action | None:
    return Action("recommend", {"user": msg.user}) if pattern("start_over").fullmatch(msg.text) else None


def _introduction(msg: ParsedMessage) -> Action | None:
    """Return the list of a reader who only says who they are: "hi, I'm user_64"."""
    introduced = msg.reader and pattern("introduces").fullmatch(msg.body)
    return Action("recommend", {"user": msg.reader}) if introduced else None


def _undo(msg: ParsedMessage) -> Action | None:
    short = len(msg.text.split()) <= MAX_STEP_WORDS and pattern("unwanted_step").fullmatch(msg.text)
    if not pattern("undo").fullmatch(msg.text) and not (short and msg.state.previous_request):
        return None
    return undo(msg) or Action("help")


def _feedback(msg: ParsedMessage) -> Action | None:
    return read_feedback(msg.body, msg.user, msg.state, msg.context.names)


def _single_words(msg: ParsedMessage) -> Action | None:
    if msg.limits.keys() - {"k"}:
        return None
    return read_single_words(msg.body, msg.user, msg.state)


def _open(msg: ParsedMessage) -> Action | None:
    return read_opening(msg.body, msg.user, msg.state)


def _watched_when(msg: ParsedMessage) -> Action | None:
    """Return the history of a stretch of time: "what did I watch last week?"."""
    user = msg.reader or (msg.state.user if pattern("myself").search(msg.text) else None)
    asked = pattern("watched_when").fullmatch(msg.body)
    return watched_when(msg) if user and asked and not pattern("seen").search(msg.body) else None


def _profile(msg: ParsedMessage) -> Action | None:
    if msg.reader and pattern("about_a_reader").fullmatch(msg.body) and not pattern("same").match(msg.body):
        return Action("profile", {"user": msg.reader})
    if not msg.reader and pattern("about_me").fullmatch(msg.body):
        return Action("profile", {"user": msg.state.user})
    myself = pattern("myself").search(msg.text)
    user = msg.reader or (msg.state.user if myself else None)
    if (user or myself) and pattern("done").match(msg.body):
        return Action("profile", {"user": user})
    asked = pattern("taste").search(msg.body) and (user or pattern("my_own").fullmatch(msg.body))
    return Action("profile", {"user": user}) if asked and not msg.limits and not _asks_advice(msg) else None


def _asks_advice(msg: ParsedMessage) -> bool:
    """Return whether words such as "should" or "find" ask for videos, not for the reader's history or taste."""
    return bool(pattern("advice").search(msg.body)) and not pattern("my_own").fullmatch(msg.body)


def _surprise(msg: ParsedMessage) -> Action | None:
    if not pattern("surprising").search(msg.rest) or pattern("question").match(msg.rest):
        return None
    return surprise(msg)


def _search(msg: ParsedMessage) -> Action | None:
    if msg.reader or not pattern("look").match(msg.rest) or (msg.state.user and pattern("wide").search(msg.rest)):
        return None
    text = trim(pattern("looked").sub("", msg.rest, count=1))
    return Action("search", {"text": text, **msg.limits}) if text else None


def _recommend(msg: ParsedMessage) -> Action | None:
    question = pattern("question").match(msg.rest) and not msg.reader
    if not msg.reader and (question or not (pattern("wish").search(msg.rest) or msg.limits)):
        return None
    about = find_topic(msg.rest)
    if about and len(about.split()) > MAX_TOPIC_WORDS:
        return None
    if about and find_marked_topic(msg.rest) is None and (channel := msg.context.names.exact_channel(about)):
        return Action("recommend", {"user": msg.user, **msg.limits, "channel": channel})
    if about and not msg.user:
        return Action("search", {"text": about, **msg.limits})
    return Action("recommend", {"user": msg.user, **({"about": about} if about else {}), **msg.limits})


def _topic_alone(msg: ParsedMessage) -> Action | None:
    words = re.findall(r"\w+", msg.rest)
    most = MAX_QUESTION_WORDS if pattern("question").match(msg.rest) else MAX_TOPIC_WORDS
    if not 1 <= len(words) <= most or msg.text.startswith("/"):
        return None
    if msg.state.awaiting_preference:
        return Action("recommend", {"user": msg.state.list_reader, **_preference(msg), **msg.limits})
    return Action("search", {"text": msg.rest, **msg.limits})


def _preference(msg: ParsedMessage) -> dict[str, Any]:
    """Return the answer to "What do you feel like?": a category if it is one, else a topic."""
    topic = find_topic(msg.rest) or msg.rest
    category = msg.context.names.category(topic)
    return {"category": category} if category else {"about": topic}


def _finish(action: Action, changes: Mapping[str, str], others: Sequence[str]) -> Action:
    """Return `action` with its topic as it was spelled, without cleared limits, and with the `others` named."""
    arguments = {name: value for name, value in action.arguments.items() if name not in LIMITS or value is not None}
    for name in ("about", "text"):
        if name in arguments:
            arguments[name] = restore_spelling(arguments[name], changes)
    return replace(action, arguments={**arguments, **({"others": list(others)} if others else {})})


def _small_talk(msg: ParsedMessage) -> Action | None:
    if msg.changes_list:  # "remove number 2" is not small talk
        return None
    kind = next((kind for kind in ("thanks", "farewell") if pattern(kind).fullmatch(msg.text)), None)
    if kind:
        return Action("help", {"small_talk": kind})
    return Action("help") if is_small_talk(msg.text, named=msg.reader is not None) else None


def _greeting(msg: ParsedMessage) -> Action | None:
    greets = pattern("greets").fullmatch(msg.text) and not pattern("farewell").fullmatch(msg.text)
    return Action("help", {"small_talk": "greeting"}) if greets else None


def _command(msg: ParsedMessage) -> Action | None:
    """What the chat does not do itself: its reply names the command."""
    kind = next((kind for kind in ("import", "follow") if pattern(f"{kind}s").fullmatch(msg.text)), None)
    return Action("help", {"small_talk": kind}) if kind else None


RULES: tuple[Rule, ...] = (
    _start_over, _greeting, _command, _introduction, compare, find_quote, count, contents, earlier_list, _undo,
    standing, _feedback, _open, explain, _watched_when, resemble, next_page,
    _surprise, read_sure_intent, _single_words, _search, _small_talk, _profile, refine, refuse,
    read_probable_intent, describe, _recommend, _topic_alone,
)  # fmt: skip
