"""Labelled utterances: each says something in a state of the chat, and has the expected action."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.names import Names

FILE = Path(__file__).with_name("utterances.jsonl")
TODAY = date(2026, 11, 20)  # a Friday
FIRST_NAMES = Names(
    {"alice", "bob", "u7", "user_123", "user_7"}.__contains__,
    ("Arts", "Business", "Food", "Music", "Sci/Tech", "Sports", "Travel", "World"),
    ("BBC News", "Kitchen Lab", "NASA", "Orbit Minute"),
)
SAMPLE_READERS = (
    "user_123", "user_7", "user_8", "user_15", "user_21", "user_33", "user_42", "user_64", "user_77", "user_99",
    "user_400", "user_new",
)  # fmt: skip
SAMPLE_NAMES = Names(
    frozenset(SAMPLE_READERS).__contains__,
    ("Arts", "Business", "Food", "Health", "Home", "Music", "Nature", "Sci/Tech", "Sports", "Travel", "World"),
    ("Atlas Brief", "Crumb Diary", "Hedge & Hollow", "Ledger Lane", "Orbit Minute", "Pan & Simmer", "Plain Body",
     "Potting Shed", "Slow Rails", "Tidepool Diaries", "Touchline", "Two Chords Down", "Warm Circuits"),
)  # fmt: skip
NAMES_OF_PARTS = dict.fromkeys(
    ("twelfth", "thirteenth", "fourteenth", "fifteenth", "unseen", "unseen 2", "unseen 3", "acts"), SAMPLE_NAMES
)
LISTED = tuple(
    {
        "rank": place,
        "video_id": f"v{place}",
        "duration_s": 20.0 + 10 * place,
        "published": f"2026-09-0{place}T00:00:00+00:00",
    }
    for place in range(1, 6)
)


def list_after(asked: Action, user: str | None = "user_123") -> ChatState:
    """Return the state after five videos were shown to `user` for `asked`."""
    return ChatState(user, LISTED, user, asked, last_page=[1, 2, 3, 4, 5])


CONTEXTS: Mapping[str, ChatState] = {
    "new": ChatState(),
    "reader": ChatState("user_123"),
    "list": list_after(Action("recommend", {"user": "user_123"})),
    "topic": list_after(Action("recommend", {"user": "user_123", "about": "space"})),
    "filtered": list_after(Action("recommend", {"user": "user_123", "max_duration_s": 60})),
    "search": list_after(Action("search", {"text": "volcanoes"}), None),
    "liked": replace(
        list_after(Action("recommend", {"user": "user_123"})), previous_request=Action("feedback", {"events": ["e1"]})
    ),
}
JUDGEMENTS = {"like": "like", "dislike": "dislike", "view": "seen"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """An utterance of a `part` of the collection, said in the context `said_in`, and its action."""

    part: str
    said_in: str
    text: str
    action: Action

    @property
    def state(self) -> ChatState:
        """The state of the chat."""
        return CONTEXTS[self.said_in]

    @property
    def names(self) -> Names:
        """The names that the home has."""
        return NAMES_OF_PARTS.get(self.part, FIRST_NAMES)


def load_utterances(path: Path = FILE) -> list[Labelled]:
    """Return all labelled utterances."""
    records = map(json.loads, path.read_text("utf-8").splitlines())
    return [Labelled(one["part"], one["in"], one["say"], Action(one["name"], one["arguments"])) for one in records]


def topic_of(one: Labelled) -> str | None:
    """Return the topic that the text of `one` names; None if it names none, or keeps that of the thread."""
    topic = one.action.arguments.get("about") or one.action.arguments.get("text")
    return topic if topic and str(topic).lower() in one.text.lower() else None


def intent_of(one: Labelled, msg: ParsedMessage) -> str:
    """Return the intent of `one`, which `msg` has in parts."""
    name, arguments = one.action.name, one.action.arguments
    if arguments.get("undone"):
        return "undo"
    if name == "help":
        return str(arguments.get("small_talk", "help"))
    if name == "profile":
        return "history" if "watched_after" in arguments else "profile"
    if name == "feedback":
        return _kind_of_feedback(arguments)
    if name == "objective":
        return "clear_settings" if "clear" in arguments else "standing" if arguments.keys() - {"user"} else "settings"
    if name in ("explain", "describe", "open"):
        return name
    return _kind_of_list(one, msg)


def _kind_of_feedback(arguments: Mapping[str, Any]) -> str:
    if "channel" in arguments or "channel_of" in arguments:
        return "less_channel"
    return "more_of_these" if arguments.get("more") else JUDGEMENTS[arguments["action"]]


def _kind_of_list(one: Labelled, msg: ParsedMessage) -> str:
    arguments = one.action.arguments
    special = {"after": "next", "like": "similar", "surprise": "surprise"}
    kind = next((special[name] for name in special if name in arguments), None)
    if kind:
        return kind
    asked = one.state.last_request
    kept = asked is not None and all(
        arguments.get(key) == asked.arguments[key] for key in asked.arguments.keys() - {"user"}
    )
    if kept and asked != one.action and (topic_of(one) is None or "not_words" in arguments):
        if "not_videos" in arguments:
            return "hide"
        return "exclude" if any(key.startswith("not_") for key in arguments) else "refine"
    if asked is not None and dict(arguments) == {"user": asked.arguments.get("user")} and not msg.limits:
        return "start_over"
    wish = not (pattern("look").match(msg.rest) or pattern("question").match(msg.rest))
    if one.action.name == "search" and (msg.user or not wish):
        return "search"
    return "recommend" if topic_of(one) else "browse"
