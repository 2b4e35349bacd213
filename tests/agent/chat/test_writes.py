"""Nothing is stored on a guess: messages that must store nothing, and messages that must store something."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.languages.phrases import say
from shortlist.agent.chat.languages.to_english import to_english
from shortlist.agent.chat.nlu.certainty import writes
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.nlu.parse import parse
from shortlist.agent.chat.session import Chat
from tools.chat.labelled import CONTEXTS, SAMPLE_NAMES, TODAY

MESSAGES = tomllib.loads(Path(__file__).with_name("writes.toml").read_text("utf-8"))
# What strangers may call the categories and channels of their videos.
STRANGERS = (
    "please", "This week", "short videos", "The same", "Me", "Better", "New ones", "Long videos", "The best",
    "Something", "List",
)  # fmt: skip
AMONG_STRANGERS = Names(
    SAMPLE_NAMES.is_reader, (*SAMPLE_NAMES.categories, *STRANGERS), (*SAMPLE_NAMES.channels, *STRANGERS)
)
ASKED = Action("recommend", {"user": "user_123", "about": "space"})
STATE = replace(CONTEXTS["liked"], last_request=ASKED, lists=(ASKED,))
NOTHING = [message for messages in MESSAGES["nothing"].values() for message in messages.strip().splitlines()]

names_of_homes = pytest.mark.parametrize("names", [SAMPLE_NAMES, AMONG_STRANGERS], ids=["sample", "strangers"])


def read(message: str, names: Names = SAMPLE_NAMES) -> Action:
    return parse(to_english(message)[0], STATE, names, TODAY) or Action("help")


@names_of_homes
@pytest.mark.parametrize("message", NOTHING)
def test_nothing_is_stored(message: str, names: Names) -> None:
    action = read(message, names)
    assert not writes(action), action


@names_of_homes
@pytest.mark.parametrize(("message", "stored"), MESSAGES["stored"].items())
def test_what_is_said_is_stored(message: str, stored: dict[str, Any], names: Names) -> None:
    action = read(message, names)
    assert writes(action), action
    assert {name: value for name, value in action.arguments.items() if name != "user"} == stored


CHOICES: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "like": ({"places": "2, 3"}, "feedback", {"action": "like", "numbers": [2, 3]}),
    "dislike": ({"places": "2"}, "feedback", {"action": "dislike", "numbers": [2]}),
    "view": ({"places": "2"}, "feedback", {"action": "view", "numbers": [2]}),
    "describe": ({"places": "2"}, "describe", {"number": 2}),
    "undo": ({}, "feedback", {"undone": True}),
    "list_before": ({}, "recommend", {"about": "space", "undone": True}),
    "clear": ({}, "objective", {"clear": True}),
    "more": ({"what": "Food"}, "objective", {"more": ["Food"]}),
    "less": ({"what": "Food"}, "objective", {"less": ["Food"]}),
    "length": ({"seconds": 50}, "objective", {"length_s": 50}),
    "settings": ({}, "objective", {}),
    "less_channel": ({"what": "Touchline"}, "feedback", {"action": "dislike", "channel": "Touchline"}),
    "only_channel": ({"what": "Touchline"}, "recommend", {"about": "space", "channel": "Touchline"}),
    "less_channel_of": ({"place": 2}, "feedback", {"action": "dislike", "channel_of": 2}),
}


@pytest.mark.parametrize("language", ["en", "es", "de"])
@pytest.mark.parametrize("choice", CHOICES)
def test_every_ready_answer_says_what_it_means(choice: str, language: Any) -> None:
    values, name, arguments = CHOICES[choice]
    assert read(say(f"choose_{choice}", language, **values)) == Action(name, {"user": "user_123", **arguments})


def events(records: Any) -> Iterator[tuple[str, str]]:
    return ((event.item_id, event.action) for event in records.events.rows if event.action in ("like", "dislike"))


def test_a_doubt_is_asked_about_and_a_number_answers(chat: Chat, records: Any) -> None:
    chat.turn("recommend three for astra")
    before = list(events(records))
    asked = chat.turn("my sister likes number 2")
    assert asked.text.splitlines() == [
        "Nothing was stored. What do you mean?", "1. I liked number 2", "2. I disliked number 2",
        "3. what is number 2 about?",
    ]  # fmt: skip
    assert list(asked.document["choices"]) == ["I liked number 2", "I disliked number 2", "what is number 2 about?"]
    assert list(events(records)) == before
    assert chat.turn("1").text.startswith("Noted: astra likes “How a rocket lands”.")
    assert list(events(records)) == [*before, ("rocket", "like")]


def test_a_number_is_an_answer_only_right_after_the_question(chat: Chat, records: Any) -> None:
    chat.turn("recommend three for astra")
    chat.turn("my sister likes number 2")
    before = list(events(records))
    chat.turn("why number 3?")
    chat.turn("1")
    assert list(events(records)) == before


@pytest.mark.parametrize(
    ("message", "about"),
    [
        ("go back to the first list", None), ("back to the list before", "space"),
        ("show me the second list again", "space"), ("remind me what you showed first", None),
    ],
)  # fmt: skip
def test_going_back_to_a_list_takes_no_feedback_back(chat: Chat, records: Any, message: str, about: str | None) -> None:
    for said in ("recommend two for astra", "something about space", "something about soup", "I liked number 1"):
        chat.turn(said)
    stored = list(events(records))
    reply = chat.turn(message)
    assert reply.resolved.get("about") == about
    assert reply.recommendations
    assert list(events(records)) == stored


def test_more_like_these_likes_nothing(chat: Chat, records: Any) -> None:
    before = list(events(records))
    chat.turn("recommend two for astra")
    assert chat.turn("show me more like these").action.arguments["after"] == 2
    assert chat.turn("more like this").action.arguments["like"] == 1
    assert list(events(records)) == before
