"""Remarks on a listed video, read by their single words; what only looks like one stores no feedback."""

from __future__ import annotations

from datetime import date

import pytest

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.nlu.parse import parse

ASKED = Action("recommend", {"user": "user_7", "about": "space"})
LIST = ChatState(
    "user_7", tuple({"rank": n, "video_id": f"v{n}"} for n in (1, 2, 3)), "user_7", ASKED, last_page=[1, 2, 3]
)
NAMES = Names({"user_7"}.__contains__)


def read(message: str, state: ChatState = LIST) -> Action | None:
    return parse(message, state, NAMES, date(2026, 11, 20))


@pytest.mark.parametrize(
    ("message", "judgement", "places"),
    [
        ("have to say the second was hilarious", "like", [2]),
        ("number 3 turned out to be rather tedious", "dislike", [3]),
        ("I've definitely watched number 1 with my sister", "view", [1]),
        ("it hardly was a brilliant video", "dislike", [1]),
        ("they were all fascinating", "like", [1, 2, 3]),
    ],
)
def test_a_remark_on_a_video_is_feedback(message: str, judgement: str, places: list[int]) -> None:
    assert read(message) == Action("feedback", {"user": "user_7", "action": judgement, "numbers": places})


@pytest.mark.parametrize(
    "message",
    [
        "is number 2 good?",
        "up to 1:30",
        "sum up no 3",
        "something brilliant like number 2",
        "that good old music",
        "good ones under a minute",
    ],
)
def test_a_question_or_a_wish_judges_nothing(message: str) -> None:
    action = read(message)
    assert action is not None
    assert action.name != "feedback"


def test_nothing_can_be_judged_without_a_list() -> None:
    action = read("number 2 was hilarious", ChatState("user_7"))
    assert action is None or action.name != "feedback"
