"""A message -> Action by a table of small rules, tried in order; no model needed, no text it cannot take."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from agent.chat.action import Action
from agent.chat.memory import Memory
from agent.chat.words import NUMBER, Known, number_in, take_reader, tidy


@dataclass(frozen=True, slots=True)
class Said:
    """A tidied message, the reader it names, its text without that reader, and what the chat remembers."""

    text: str
    reader: str | None
    rest: str
    memory: Memory

    @property
    def user(self) -> str | None:
        """The reader named, else the one remembered."""
        return self.reader or self.memory.user


Rule = Callable[[Said], Action | None]


def parse(message: str, memory: Memory, known: Known) -> Action:
    """What `message` asks for. `known` tells whether a word is the id of a reader. Never raises on any text."""
    text = tidy(message)
    said = Said(text, *take_reader(text, known), memory)
    for rule in RULES:
        action = rule(said)
        if action is not None:
            return action
    return Action("help")


def _any(*words: str) -> str:
    return rf"(?:{'|'.join(words)})"


END = r"\s*[?.!]*$"
PLACE = _any("the", "number", "no\\.?", "nr\\.?", "#", "video", "result", "item", "that", "this", "it", "one", "these")
ASIDE = _any(
    "did", "do", "you", "is", "was", "are", "recommend", "suggest", "pick", "choose", "show", "me", "there", "in"
)
ABOUT = _any("about", "on", "of", "all", "is", "say", "saying")
HELP = re.compile(
    _any("", "/?help.*", "hi|hello|hey", "thanks?.*", "what can (?:you|i) (?:do|ask|say).*", "who are you") + END, re.I
)
EXPLAIN = re.compile(
    rf"/?(?:but )?(?:why|explain)(?:\s*{PLACE}|\s+{ASIDE})*\s*(?:{NUMBER})?(?:\s+(?:{PLACE}|{ASIDE}))*{END}", re.I
)
DESCRIBE = re.compile(
    rf"(?:what(?:'s| is| was| does)|tell me(?: more)?|describe|summari[sz]e)(?:\s*{PLACE}|\s+{ABOUT})*\s*(?:{NUMBER})?"
    rf"(?:\s+(?:{PLACE}|{ABOUT}))*{END}",
    re.I,
)
PROFILE = re.compile(
    r"\b(?:likes?|liked|loves?|tastes?|watched|watches|reads?|history|prefers?|interests?|interested|enjoys?|profile)\b"
    r"|^who\b|\b(?:did|does)\b.*\b(?:watch|read|see)\b",
    re.I,
)
ADVICE = re.compile(r"\b(?:should|would|could|might|recommend|suggest|something|anything)\b", re.I)
MYSELF = re.compile(r"\b(?:i|my|me)\b", re.I)
SEARCH = re.compile(
    r"/?(?:search|find|look|show)\b(?:\s+(?:for|me|up|videos?|clips?|something|anything|about|on))*\s+(?P<text>.+?)"
    + END,
    re.I,
)
RECOMMEND = re.compile(
    r"\b(?:recommend\w*|suggest\w*|something|anything|what should|to watch|for me|what next|what's (?:new|good))\b",
    re.I,
)
TOPIC = re.compile(r"\b(?:about|regarding|related to|to do with|on|with)\s+(?P<topic>.+?)" + END, re.I)
COUNT = re.compile(
    rf"(?:^|\b(?:top|give|me|recommend|suggest|show)\s+){NUMBER}(?!\s*(?:s|sec|second|min|minute)s?\b)", re.I
)


def _help(said: Said) -> Action | None:
    return Action("help") if HELP.fullmatch(said.text) else None


def _explain(said: Said) -> Action | None:
    return _numbered("explain", EXPLAIN.fullmatch(said.rest), said)


def _describe(said: Said) -> Action | None:
    return _numbered("describe", DESCRIBE.fullmatch(said.rest), said)


def _profile(said: Said) -> Action | None:
    meant = said.reader or (MYSELF.search(said.text) and said.memory.user)
    if not meant or ADVICE.search(said.text) or not PROFILE.search(said.text):
        return None
    return Action("profile", {"user": meant})


def _search(said: Said) -> Action | None:
    found = SEARCH.fullmatch(said.text)
    if found is None or said.reader:
        return None
    return Action("search", {"text": found["text"]})


def _recommend(said: Said) -> Action | None:
    if not said.reader and not RECOMMEND.search(said.rest):
        return None
    topic, count = TOPIC.search(said.rest), COUNT.search(said.rest)
    asked = {"k": max(1, number_in(count["number"]))} if count else {}
    about = topic["topic"] if topic else None
    if about and not said.user:
        return Action("search", {"text": about, **asked})
    return Action("recommend", {"user": said.user, **({"about": about} if about else {}), **asked})


def _topic_alone(said: Said) -> Action | None:
    words = re.findall(r"\w+", said.text)
    return Action("search", {"text": said.text}) if 1 <= len(words) <= 8 and not said.text.startswith("/") else None


def _numbered(name: str, found: re.Match[str] | None, said: Said) -> Action | None:
    if found is None:
        return None
    number = number_in(found["number"]) if found["number"] else 1
    user = {"user": said.user} if said.user else {}
    return Action("explain" if name == "explain" else "describe", {"number": number, **user})


RULES: tuple[Rule, ...] = (_help, _explain, _describe, _profile, _search, _recommend, _topic_alone)
