"""Standing wishes by chat: they are read, stored, shown, undone, and not confused with limits of one list."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.nlu.parse import parse
from shortlist.agent.chat.session import Chat
from shortlist.core.types import Objective

TODAY = date(2026, 11, 20)
NAMES = Names({"ann", "bob"}.__contains__, ("Education", "Food", "Sci/Tech", "Sports"), ("NASA",))
ITEM = {"rank": 1, "video_id": "v1", "title": "A title", "channel": "NASA", "duration_s": 50.0}
LIST = ChatState("ann", (ITEM,), "ann", Action("recommend", {"user": "ann"}), last_page=[1])


def objective(message: str, state: ChatState = LIST) -> Any:
    action = parse(message, state, NAMES, TODAY)
    return dict(action.arguments) if action and action.name == "objective" else action


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("more food", {"more": ["Food"]}),
        ("I'd like more learning please", {"more": ["Education"]}),
        ("more from NASA", {"more": ["NASA"]}),
        ("from now on less sports", {"less": ["Sports"]}),
        ("less tech in general please", {"less": ["Sci/Tech"]}),
        ("always fewer videos from NASA", {"less": ["NASA"]}),
        ("always under a minute", {"length_s": 60}),
        ("from now on, shorter videos please", {"length_s": 49}),
        ("what are my settings?", {}),
        ("clear my settings", {"clear": True}),
        ("going forward less sports, and more food", {"less": ["Sports"], "more": ["Food"]}),
        ("never any sports in my lists please", {"less": ["Sports"]}),
        ("remember that I don't like food", {"less": ["Food"]}),
        ("keep NASA to a minimum in my feed", {"less": ["NASA"]}),
        ("which preferences have I set?", {}),
        ("delete the settings you have for me", {"clear": True}),
    ],
)
def test_standing_wishes_are_read(message: str, arguments: dict[str, Any]) -> None:
    assert objective(message) == {"user": "ann", **arguments}


@pytest.mark.parametrize("message", ["less sports please", "shorter videos please", "more", "more of these", "5 more"])
def test_wishes_for_the_list_at_hand_are_not_stored(message: str) -> None:
    action = parse(message, LIST, NAMES, TODAY)
    assert action is not None
    assert action.name in ("recommend", "feedback")


@pytest.mark.parametrize(
    ("message", "settings"),
    [("ab jetzt mehr Essen", "baker beachtet: mehr Food."), ("a partir de ahora más comida", "en cuenta: más Food.")],
)
def test_settings_are_said_in_the_language_of_the_wish(chat: Chat, message: str, settings: str) -> None:
    assert settings in chat.turn(message, user="baker").text


def stored(records: Any) -> Objective | None:
    found: Objective | None = records.objectives.get_many(["baker"]).get("baker")
    return found


def test_a_wish_is_stored_shown_and_undone(chat: Chat, records: Any) -> None:
    first = chat.turn("more food", user="baker")
    assert first.text == "Every list for baker heeds: more Food. Say “undo” to take it back."
    chat.turn("from now on under a minute", user="baker")
    assert stored(records) == Objective((("Food", 1.0),), (), 60.0)
    assert chat.turn("what are my settings?", user="baker").text == "Every list for baker heeds: more Food, up to 1:00."
    chat.turn("undo", user="baker")
    assert stored(records) == Objective((("Food", 1.0),))
    chat.turn("undo", user="baker")
    assert stored(records) == Objective()


def test_a_key_that_may_only_read_stores_nothing(chat: Chat, records: Any) -> None:
    chat.turn("more food", user="baker", may_store=False)
    assert stored(records) is None
