"""Message -> action by a table of small rules, tried in order, without a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from shortlist.agent.chat.action import LIMITS, Action, ActionName
from shortlist.agent.chat.memory import Memory
from shortlist.agent.chat.nlu.context import ParseContext, cut, negation_start
from shortlist.agent.chat.nlu.dates import parse_dates
from shortlist.agent.chat.nlu.feedback import read_feedback, read_opening
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.limits import extract_limits
from shortlist.agent.chat.nlu.names import Names, extract_readers
from shortlist.agent.chat.nlu.normalise import normalise
from shortlist.agent.chat.nlu.single_words import read_single_words
from shortlist.agent.chat.nlu.spelling import correct_spelling, restore_spelling
from shortlist.agent.chat.nlu.topic import find_marked_topic, find_topic, strip_filler, trim
from shortlist.agent.chat.nlu.vocabulary import parse_number, word_map
from shortlist.retrieval.analysis import terms

RANGES = (("min_duration_s", "max_duration_s"), ("published_after", "published_before"))
OPPOSITES = {"category": "not_categories", "channel": "not_channels", "language": "not_languages"}
MAX_TOPIC_WORDS = 8  # longer texts without a known phrase are not read as a topic
MAX_STEP_WORDS = 10  # of a message to take the last step back
MAX_QUESTION_WORDS = 16  # of a question to search for, or about a place of the list


def merge_limits(arguments: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Return `arguments` updated with `limits`: exclusions add up, None clears, a new limit removes its opposite.

    A topic whose words are all excluded is dropped.
    """
    both = {**arguments, **{name: _extend(arguments.get(name), value) for name, value in limits.items()}}
    for wanted, unwanted in OPPOSITES.items():
        if both.get(wanted) is not None and wanted in limits:
            both.pop(unwanted, None)
        elif unwanted in limits and both.get(wanted) in (both[unwanted] or ()):
            both.pop(wanted, None)
    if _covers(both.get("not_words") or (), both.get("about")):
        both.pop("about")
    for low, high in RANGES:
        if both.get(low) is not None and both.get(high) is not None and _is_empty(low, both[low], both[high]):
            both.pop(low if high in limits else high)
    return both


def _covers(words: Sequence[str], topic: str | None) -> bool:
    """Return whether `words` exclude everything that `topic` is about."""
    return bool(topic) and set(terms(topic or "")) <= set(terms(" ".join(words)))


def _extend(old: object, new: object) -> object:
    if not isinstance(new, list) or not isinstance(old, (list, tuple)):
        return new
    return [*old, *(value for value in new if value not in old)]


def _is_empty(low: str, minimum: Any, maximum: Any) -> bool:
    """Return whether a range is empty: ranges of dates exclude their end, ranges of durations include it."""
    return bool(minimum > maximum or (low == "published_after" and minimum == maximum))


def is_small_talk(text: str, *, named: bool) -> bool:
    """Return whether `text` asks for no video. `named` is True if it names a reader, which small talk rarely does."""
    if pattern("greeting").fullmatch(text):
        return True
    if named and pattern("switching").match(text):
        return False
    return any(pattern(phrase).fullmatch(text) for phrase in ("errand", *(() if named else ("about_chat", "world"))))


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A message in parts: the reader it names, its limits and its text.

    `text` is the whole message, `body` is `text` without the reader, and `rest` is `body` without the limits.
    """

    text: str
    reader: str | None
    body: str
    limits: Mapping[str, Any]
    rest: str
    context: ParseContext

    @property
    def memory(self) -> Memory:
        """The memory of the chat."""
        return self.context.memory

    @property
    def user(self) -> str | None:
        """The reader named, else the reader of the chat."""
        return self.reader or self.memory.user

    @property
    def changes_list(self) -> bool:
        """True if the message hides or excludes something, or clears a limit."""
        return any(name.startswith("not_") for name in self.limits) or None in self.limits.values()


Rule = Callable[[ParsedMessage], Action | None]


def parse(message: str, memory: Memory, names: Names, today: date) -> Action | None:
    """Return the action of `message`; None if no rule can read it. No text raises."""
    text, changes = correct_spelling(pattern("interjection").sub("", normalise(message).strip(" ?.!,")))
    readers = extract_readers(text, names.is_reader)
    reader, body = readers.first, readers.text
    if reader is None and memory.last_reader and (pronoun := pattern("pronoun").search(text)):
        reader, body = memory.last_reader, cut(text, pronoun)
    if reader is None and (lone := pattern("lone_reader").fullmatch(text)):
        reader, body = lone["reader"], lone["before"] or ""
    context = ParseContext(names, memory, today)
    limits, rest = extract_limits(body, context)
    parsed = ParsedMessage(text, reader, body.strip(" ?.!,"), limits, rest.strip(" ?.!,"), context)
    for rule in RULES:
        action = rule(parsed)
        if action is not None:
            return _finish(action, changes, readers.others)
    return None


def _start_over(msg: ParsedMessage) -> Action | None:
    return Action("recommend", {"user": msg.user}) if pattern("start_over").fullmatch(msg.text) else None


def _undo(msg: ParsedMessage) -> Action | None:
    short = len(msg.text.split()) <= MAX_STEP_WORDS and pattern("unwanted_step").fullmatch(msg.text)
    if not pattern("undo").fullmatch(msg.text) and not (short and msg.memory.previous_request):
        return None
    before = msg.memory.previous_request
    if before is None:
        return Action("help")
    arguments = {"user": msg.user} if before.name == "feedback" else before.arguments
    return Action(before.name, {**arguments, "undone": True})


def _feedback(msg: ParsedMessage) -> Action | None:
    return read_feedback(msg.body, msg.user, msg.memory, msg.context.names)


def _single_words(msg: ParsedMessage) -> Action | None:
    if msg.limits.keys() - {"k"}:
        return None
    return read_single_words(msg.body, msg.user, msg.memory)


def _open(msg: ParsedMessage) -> Action | None:
    return read_opening(msg.body, msg.user, msg.memory)


def _explain(msg: ParsedMessage) -> Action | None:
    if pattern("why_not").match(msg.body):
        return Action("help")  # nothing explains why a video is not in the list
    if not pattern("why").match(msg.body):
        return None
    detail = pattern("in_detail").search(msg.body)
    short = replace(msg, body=cut(msg.body, detail).strip(" ?.!,")) if detail else msg
    action = _about_place("explain", short, pattern("why_that")) or _about_place("explain", msg, pattern("why_that"))
    return replace(action, arguments={**action.arguments, "in_detail": True}) if action and detail else action


def _refuse(msg: ParsedMessage) -> Action | None:
    """Return the last request without a change if the message only refuses something that no filter can express."""
    if (
        not pattern("refused_topic").match(msg.rest)
        or pattern("wish").search(msg.rest)
        or pattern("like").search(msg.rest)
    ):
        return None
    return _repeat(msg, {"unmet": [msg.rest]})


def _describe(msg: ParsedMessage) -> Action | None:
    if "not_videos" in msg.limits or ("k" in msg.limits and not msg.rest):
        return None
    return _about_place("describe", msg, pattern("what_that"))


def _watched_when(msg: ParsedMessage) -> Action | None:
    """Return the history of a stretch of time: "what did I watch last week?"."""
    user = msg.reader or (msg.memory.user if pattern("myself").search(msg.text) else None)
    asked = pattern("watched_when").fullmatch(msg.body)
    dates = next(pattern("when").finditer(msg.body), None)
    if not user or not asked or dates is None or pattern("seen").search(msg.body):
        return None
    days = parse_dates(dates, msg.context.today)
    if days is None:
        return None
    ends = {"watched_after": days.first, "watched_before": days.end}
    return Action("profile", {"user": user, **{name: day.isoformat() for name, day in ends.items() if day}})


def _profile(msg: ParsedMessage) -> Action | None:
    if msg.reader and pattern("about_a_reader").fullmatch(msg.body) and not pattern("same").match(msg.body):
        return Action("profile", {"user": msg.reader})
    if not msg.reader and pattern("about_me").fullmatch(msg.body):
        return Action("profile", {"user": msg.memory.user})
    myself = pattern("myself").search(msg.text)
    user = msg.reader or (msg.memory.user if myself else None)
    if (user or myself) and pattern("done").match(msg.body):
        return Action("profile", {"user": user})
    asked = pattern("taste").search(msg.body) and (user or pattern("my_own").fullmatch(msg.body))
    return Action("profile", {"user": user}) if asked and not msg.limits and not _asks_advice(msg) else None


def _asks_advice(msg: ParsedMessage) -> bool:
    """Return whether words such as "should" or "find" ask for videos, not for the reader's history or taste."""
    return bool(pattern("advice").search(msg.body)) and not pattern("my_own").fullmatch(msg.body)


def _like(msg: ParsedMessage) -> Action | None:
    found = pattern("like").search(msg.rest)
    if found is None:
        return None
    if (start := negation_start(msg.rest, found.start())) is not None:
        return _repeat(msg, {"unmet": [msg.rest[start : found.end()]]})
    place = found["numbered"] or found["ordinal"] or found["bare"] or found["alone"]
    earlier = pattern("placed").search(msg.rest[: found.start()])
    number = parse_number(place) if place else _place(earlier) if earlier else msg.memory.focus
    return Action("recommend", {"user": msg.user, "like": number, **msg.limits})


def _repeat(msg: ParsedMessage, limits: Mapping[str, Any]) -> Action:
    """Return the last request with `limits`, or a new one for the reader."""
    request = msg.memory.last_request or Action("recommend", {"user": msg.user})
    return _refine_request(request, replace(msg, limits={**msg.limits, **limits}), None, msg.reader)


def _next(msg: ParsedMessage) -> Action | None:
    request = msg.memory.last_request
    if request is None or msg.reader or not pattern("next").fullmatch(msg.rest):
        return None
    page = {"after": msg.memory.n_shown} if msg.memory.n_shown else {}
    return Action(request.name, {**merge_limits(request.arguments, msg.limits), **page})


def _refine(msg: ParsedMessage) -> Action | None:
    """Return the last request with other limits, for another reader or about another topic."""
    request = msg.memory.last_request
    if request is None:
        return None
    instead = pattern("instead").fullmatch(msg.rest) or pattern("instead_after").fullmatch(msg.rest)
    topic = find_topic(instead["topic"]) if instead else None
    left = strip_filler(pattern("same").sub("", msg.rest) if msg.reader else msg.rest)
    same = msg.reader is not None and bool(
        pattern("same").match(msg.body) or (not left and pattern("that_list").search(msg.rest))
    )
    if not topic and (left or not (same or (msg.limits and not msg.reader))):
        return None
    if not (same or topic) and pattern("anew").search(msg.rest) and not pattern("any").fullmatch(msg.rest):
        return None
    return _refine_request(request, msg, topic, msg.reader if same else None)


def _refine_request(request: Action, msg: ParsedMessage, topic: str | None, user: str | None) -> Action:
    dropped = ("after", "like" if topic else "")
    arguments = {name: value for name, value in request.arguments.items() if name not in dropped}
    if user is not None and request.name == "search":
        arguments = {"about": arguments.pop("text"), **arguments}
    elif topic:
        arguments["text" if request.name == "search" else "about"] = topic
    name: ActionName = "recommend" if user else request.name
    return Action(name, merge_limits({**arguments, **({"user": user} if user else {})}, msg.limits))


def _surprise(msg: ParsedMessage) -> Action | None:
    if not pattern("surprising").search(msg.rest) or pattern("question").match(msg.rest):
        return None
    about = find_marked_topic(pattern("surprise_words").sub("", msg.rest))
    return Action(
        "recommend", {"user": msg.user, **({"about": about} if about else {}), "surprise": True, **msg.limits}
    )


def _search(msg: ParsedMessage) -> Action | None:
    if msg.reader or not pattern("look").match(msg.rest) or (msg.memory.user and pattern("wide").search(msg.rest)):
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
    if msg.memory.awaiting_preference:
        return Action("recommend", {"user": msg.memory.list_reader, **_preference(msg), **msg.limits})
    return Action("search", {"text": msg.rest, **msg.limits})


def _preference(msg: ParsedMessage) -> dict[str, Any]:
    """Return the answer to "What do you feel like?": a category if it is one, else a topic."""
    topic = find_topic(msg.rest) or msg.rest
    category = msg.context.names.category(topic)
    return {"category": category} if category else {"about": topic}


def _about_place(name: ActionName, msg: ParsedMessage, that: re.Pattern[str]) -> Action | None:
    """Return an action on a place of the last list; "that" is the place in focus."""
    place = pattern("placed").search(msg.body)
    if place is None and not that.fullmatch(msg.body):
        return None
    if place is not None and (_is_count(place, msg) or len(msg.body.split()) > MAX_QUESTION_WORDS):
        return None
    number = _place(place) if place else msg.memory.focus
    user = msg.reader or msg.memory.list_reader or msg.memory.user
    return Action(name, {"number": number, **({"user": user} if user else {})})


def _place(match: re.Match[str]) -> int:
    return parse_number(match["numbered"] or match["ordinal"] or match["bare"])


def _is_count(match: re.Match[str], msg: ParsedMessage) -> bool:
    """Return whether a bare number is a count, not a place."""
    before = msg.body[: match.start()].strip().lower()
    if match["numbered"]:
        return False
    if match["ordinal"] or match["bare"].lower() in word_map("places"):
        return before.endswith(("every", "each"))
    return pattern("which").fullmatch(before) is None


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


RULES: tuple[Rule, ...] = (
    _start_over, _undo, _feedback, _open, _small_talk, _explain, _watched_when, _single_words, _profile, _like,
    _describe, _next, _surprise, _refine, _refuse, _search, _recommend, _topic_alone,
)  # fmt: skip
