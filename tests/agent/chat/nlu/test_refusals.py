"""Refusals: whatever is refused, and however, is never a topic."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.limits.cleared import LIMITS_BY_NAME
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.nlu.parse import parse
from shortlist.agent.chat.nlu.vocabulary import word_map, word_set

SAMPLE = Path(__file__).parents[4] / "sample" / "videos.jsonl"
TITLES = [json.loads(line)["title"] for line in SAMPLE.read_text("utf-8").splitlines()]
NO_TOPICS = {
    *(word for name in ("filler", "keywords", "harmless", "nothing_to_refuse") for word in word_set(name)),
    *word_map("numbers"), *word_map("places"), *LIMITS_BY_NAME,
}  # fmt: skip
WORDS = sorted({word for title in TITLES for word in re.findall(r"[a-z]{4,}", title.lower())} - NO_TOPICS)
CATEGORIES = ("Food", "Music", "Sci/Tech", "Sports")
NAMES = Names({"user_123"}.__contains__, CATEGORIES, ("NASA",))
ASKED = {"user": "user_123", "about": "zebras", "max_duration_s": 60, "category": "World"}
THREAD = ChatState("user_123", ({"rank": 1, "video_id": "v1"},), "user_123", Action("recommend", ASKED), last_page=[1])
REFUSING = pattern("refusing").pattern.removeprefix("(?:").removesuffix(")")


@st.composite
def refusals(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a phrasing of refusal from the grammar itself with a word, and the word."""
    word = draw(st.sampled_from([*WORDS, "politics", "sports", "tech", "music"]))
    message = draw(
        st.from_regex(
            re.compile(rf"(?:but |and |please )?(?:{REFUSING}|not) (?:the )?{word}", re.ASCII), fullmatch=True
        )
    )
    return " ".join(message.split()), word


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(refusals())
def test_what_is_refused_is_no_topic_and_the_thread_goes_on(refusal: tuple[str, str]) -> None:
    message, word = refusal
    action = parse(message, THREAD, NAMES, date(2026, 11, 20))
    assert action is not None, message
    assert action.name in ("recommend", "feedback"), (message, action)
    if action.name == "recommend":
        assert {name: action.arguments.get(name) for name in ASKED} == ASKED, (message, action)
        refused = [*action.arguments.get("not_words", ()), *action.arguments.get("unmet", ())]
        assert "not_categories" in action.arguments or any(word in one.lower() for one in refused), (message, action)


@pytest.mark.parametrize("message", ["not politics", "less tech please", "no more sports", "stop with the music"])
def test_refusals_that_were_once_read_as_topics(message: str) -> None:
    action = parse(message, THREAD, NAMES, date(2026, 11, 20))
    assert action is not None
    assert ASKED.items() <= action.arguments.items()
    assert {"not_words", "not_categories"} & action.arguments.keys()


def test_a_thread_survives_a_refusal() -> None:
    """It once became "About not politics", without the reader and the limit."""
    first = parse("something funny under a minute", ChatState("user_123"), NAMES, date(2026, 11, 20))
    assert first == Action("recommend", {"user": "user_123", "about": "funny", "max_duration_s": 60})
    thread = ChatState("user_123", THREAD.last_list, "user_123", first, last_page=[1])
    refused = parse("not politics", thread, NAMES, date(2026, 11, 20))
    assert refused == Action("recommend", {**first.arguments, "not_words": ["politics"]})


def test_a_topic_that_is_refused_later_is_dropped() -> None:
    action = parse("no more zebras", THREAD, NAMES, date(2026, 11, 20))
    assert action == Action(
        "recommend", {"user": "user_123", "max_duration_s": 60, "category": "World", "not_words": ["zebras"]}
    )
