"""A message -> Action by a table of small rules, tried in order; no model needed, no text it cannot take."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from shortlist.agent.chat.action import LIMITS, Action, ActionName
from shortlist.agent.chat.memory import Memory
from shortlist.agent.chat.nlu.context import ParseContext, cut, refused
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.limits import take_limits
from shortlist.agent.chat.nlu.names import Names, take_readers
from shortlist.agent.chat.nlu.spelling import as_written, corrected
from shortlist.agent.chat.nlu.topic import stripped, topic_in
from shortlist.agent.chat.nlu.words import number_in, tidy, word_map

RANGES = (("min_duration_s", "max_duration_s"), ("published_after", "published_before"))
OPPOSITES = {"category": "not_categories", "channel": "not_channels", "language": "not_languages"}
MOST_WORDS = 8  # of a topic that stands alone; a longer text that no rule knows is not read


def merged(before: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments `before` with `limits`: exclusions add up, None lifts, and what is said now ends its opposite."""
    both = {**before, **{name: _joined(before.get(name), value) for name, value in limits.items()}}
    for wanted, unwanted in OPPOSITES.items():
        if both.get(wanted) is not None and wanted in limits:
            both.pop(unwanted, None)
        elif unwanted in limits and both.get(wanted) in (both[unwanted] or ()):
            both.pop(wanted, None)
    for low, high in RANGES:
        if both.get(low) is not None and both.get(high) is not None and _is_empty(low, both[low], both[high]):
            both.pop(low if high in limits else high)
    return both


def _joined(before: object, now: object) -> object:
    if not isinstance(now, list) or not isinstance(before, (list, tuple)):
        return now
    return [*before, *(one for one in now if one not in before)]


def _is_empty(low: str, least: Any, most: Any) -> bool:
    """Whether nothing is between: the end of a time is not part of it, that of a length is."""
    return bool(least > most or (low == "published_after" and least == most))


def is_small_talk(text: str, *, named: bool) -> bool:
    """Whether `text` asks for no video at all. `named`: it names a reader, which small talk rarely does."""
    if pattern("greeting").fullmatch(text):
        return True
    if named and pattern("switching").match(text):
        return False
    return any(pattern(phrase).fullmatch(text) for phrase in ("errand", *(() if named else ("about_chat", "world"))))


@dataclass(frozen=True, slots=True)
class Said:
    """A message taken apart: the reader it names, its text without them, its limits, and what is left then."""

    text: str
    reader: str | None
    named: str
    limits: Mapping[str, Any]
    rest: str
    memory: Memory
    category: Callable[[str], str | None]

    @property
    def user(self) -> str | None:
        """The reader named, else the one remembered."""
        return self.reader or self.memory.user

    @property
    def asks_less(self) -> bool:
        """Whether it hides a video or lifts a limit."""
        return "not_videos" in self.limits or None in self.limits.values()


Rule = Callable[[Said], Action | None]


def parse(message: str, memory: Memory, names: Names, today: date) -> Action | None:
    """What `message` asks for; None where no rule can read it. Never raises on any text."""
    text, changes = corrected(pattern("interjection").sub("", tidy(message).strip(" ?.!,")))
    readers = take_readers(text, names.is_reader)
    reader, named = readers.first, readers.text
    if reader is None and memory.spoken_of and (found := pattern("pronoun").search(text)):
        reader, named = memory.spoken_of, cut(text, found)
    if reader is None and (lone := pattern("lone_reader").fullmatch(text)):
        reader, named = lone["reader"], lone["before"] or ""
    limits, rest = take_limits(named, ParseContext(names, memory, today))
    said = Said(text, reader, named.strip(" ?.!,"), limits, rest.strip(" ?.!,"), memory, names.category)
    for rule in RULES:
        action = rule(said)
        if action is not None:
            return _plain(action, changes, readers.others)
    return None


def _start_over(said: Said) -> Action | None:
    return Action("recommend", {"user": said.user}) if pattern("start_over").fullmatch(said.text) else None


def _undo(said: Said) -> Action | None:
    if not pattern("undo").fullmatch(said.text):
        return None
    before = said.memory.before
    return Action(before.name, {**before.arguments, "undone": True}) if before else Action("help")


def _explain(said: Said) -> Action | None:
    if pattern("why_not").match(said.named):
        return Action("help")  # the list says what is in it, nothing says why another thing is not
    return _about_place("explain", said, pattern("why_that")) if pattern("why").match(said.named) else None


def _describe(said: Said) -> Action | None:
    if "not_videos" in said.limits:
        return None
    return _about_place("describe", said, pattern("what_that"))


def _profile(said: Said) -> Action | None:
    if said.reader and pattern("about_a_reader").fullmatch(said.named) and not pattern("same").match(said.named):
        return Action("profile", {"user": said.reader})
    if said.memory.user and not said.reader and pattern("about_me").fullmatch(said.named):
        return Action("profile", {"user": said.memory.user})
    meant = said.reader or (said.memory.user if pattern("myself").search(said.text) else None)
    if meant and pattern("done").match(said.named):
        return Action("profile", {"user": meant})
    if not meant or said.limits or pattern("advice").search(said.named) or not pattern("taste").search(said.named):
        return None
    return Action("profile", {"user": meant})


def _like(said: Said) -> Action | None:
    found = pattern("like").search(said.rest)
    if found is None:
        return None
    if (start := refused(said.rest, found.start())) is not None:
        return _again(said, {"unmet": [said.rest[start : found.end()]]})
    place = found["numbered"] or found["ordinal"] or found["bare"] or found["alone"]
    earlier = pattern("placed").search(said.rest[: found.start()])
    number = number_in(place) if place else _place(earlier) if earlier else said.memory.focus
    return Action("recommend", {"user": said.user, "like": number, **said.limits})


def _again(said: Said, limits: Mapping[str, Any]) -> Action:
    """The last list with `limits`, or one for the reader."""
    asked = said.memory.asked or Action("recommend", {"user": said.user})
    return _refined(asked, replace(said, limits={**said.limits, **limits}), None, said.reader)


def _next(said: Said) -> Action | None:
    asked = said.memory.asked
    if asked is None or said.reader or not pattern("next").fullmatch(said.rest):
        return None
    shown = {"after": said.memory.shown} if said.memory.shown else {}
    return Action(asked.name, {**merged(asked.arguments, said.limits), **shown})


def _refine(said: Said) -> Action | None:
    """The last list again with other limits, for another reader, about something else."""
    asked = said.memory.asked
    if asked is None:
        return None
    instead = pattern("instead").fullmatch(said.rest)
    topic = topic_in(instead["topic"]) if instead else None
    left = stripped(pattern("same").sub("", said.rest) if said.reader else said.rest)
    same = said.reader is not None and bool(
        pattern("same").match(said.named) or (not left and pattern("that_list").search(said.rest))
    )
    if not topic and (left or not (same or (said.limits and not said.reader))):
        return None
    if not (same or topic) and pattern("anew").search(said.rest) and not pattern("any").fullmatch(said.rest):
        return None
    return _refined(asked, said, topic, said.reader if same else None)


def _refined(asked: Action, said: Said, topic: str | None, user: str | None) -> Action:
    kept = {name: value for name, value in asked.arguments.items() if name not in ("after", "like" if topic else "")}
    if user is not None and asked.name == "search":
        kept = {"about": kept.pop("text"), **kept}
    elif topic:
        kept["text" if asked.name == "search" else "about"] = topic
    name: ActionName = "recommend" if user else asked.name
    return Action(name, merged({**kept, **({"user": user} if user else {})}, said.limits))


def _search(said: Said) -> Action | None:
    if said.reader or not pattern("look").match(said.rest) or (said.memory.user and pattern("wide").search(said.rest)):
        return None
    text = pattern("looked").sub("", said.rest, count=1).strip(" ,.;")
    return Action("search", {"text": text, **said.limits}) if text else None


def _recommend(said: Said) -> Action | None:
    question = pattern("question").match(said.rest) and not said.reader
    if not said.reader and (question or not (pattern("wish").search(said.rest) or said.limits)):
        return None
    about = topic_in(said.rest)
    if about and len(about.split()) > MOST_WORDS:
        return None
    if about and not said.user:
        return Action("search", {"text": about, **said.limits})
    return Action("recommend", {"user": said.user, **({"about": about} if about else {}), **said.limits})


def _topic_alone(said: Said) -> Action | None:
    words = re.findall(r"\w+", said.rest)
    if not 1 <= len(words) <= MOST_WORDS or said.text.startswith("/"):
        return None
    if said.memory.undecided:
        return Action("recommend", {"user": said.memory.listed_for, **_preferred(said), **said.limits})
    return Action("search", {"text": said.rest, **said.limits})


def _preferred(said: Said) -> dict[str, Any]:
    """The answer to what one feels like: a category where it is one, else a topic."""
    topic = topic_in(said.rest) or said.rest
    category = said.category(topic)
    return {"category": category} if category else {"about": topic}


def _about_place(name: ActionName, said: Said, that: re.Pattern[str]) -> Action | None:
    """What is asked of one place of the last list; "that" is the place spoken of last."""
    found = pattern("placed").search(said.named)
    if found is None and not that.fullmatch(said.named):
        return None
    if found is not None and (_counts(found, said) or len(said.named.split()) > MOST_WORDS + 4):
        return None
    number = _place(found) if found else said.memory.focus
    user = said.reader or said.memory.listed_for or said.memory.user
    return Action(name, {"number": number, **({"user": user} if user else {})})


def _place(found: re.Match[str]) -> int:
    return number_in(found["numbered"] or found["ordinal"] or found["bare"])


def _counts(found: re.Match[str], said: Said) -> bool:
    """Whether a bare number says how many, not which."""
    before = said.named[: found.start()].strip().lower()
    if found["numbered"]:
        return False
    if found["ordinal"] or found["bare"].lower() in word_map("places"):
        return before.endswith(("every", "each"))
    return pattern("which").fullmatch(before) is None


def _plain(action: Action, changes: Mapping[str, str], others: Sequence[str]) -> Action:
    """`action` with its topic spelled as it was written, without the limits that are lifted, and the `others` named."""
    held = {name: value for name, value in action.arguments.items() if name not in LIMITS or value is not None}
    topics: dict[str, Any] = {name: as_written(held[name], changes) for name in ("about", "text") if name in held}
    return replace(action, arguments={**held, **topics, **({"others": list(others)} if others else {})})


def _small_talk(said: Said) -> Action | None:
    if said.asks_less:  # "remove number 2" is no errand
        return None
    return Action("help") if is_small_talk(said.text, named=said.reader is not None) else None


RULES: tuple[Rule, ...] = (
    _start_over, _undo, _small_talk, _explain, _profile, _like, _describe, _next, _refine, _search, _recommend,
    _topic_alone,
)  # fmt: skip
