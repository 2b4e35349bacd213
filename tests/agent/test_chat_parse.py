from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.chat.action import Action
from agent.chat.memory import Memory
from agent.chat.parse import parse

READERS = {"alice", "u7"}
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("recommend for user_123", "recommend", {"user": "user_123"}),
    ("Recommend something for alice, please", "recommend", {"user": "alice"}),
    ("what should user_123 watch?", "recommend", {"user": "user_123"}),
    ("something about space for user_123", "recommend", {"user": "user_123", "about": "space"}),
    ("find something about night trains for alice", "recommend", {"user": "alice", "about": "night trains"}),
    ("recommend three for user_123", "recommend", {"user": "user_123", "k": 3}),
    ("top ٥ for user_123", "recommend", {"user": "user_123", "k": 5}),
    ("and for user_7?", "recommend", {"user": "user_7"}),
    ("something for dinner", "recommend", {"user": None}),
    ("why number 2?", "explain", {"number": 2}),
    ("Why did you recommend the second one?", "explain", {"number": 2}),
    ("why is the last one there?", "explain", {"number": -1}),
    ("/why 3", "explain", {"number": 3}),
    ("why?", "explain", {"number": 1}),
    ("why number 2 for user_123?", "explain", {"number": 2, "user": "user_123"}),
    ("what is the second about?", "describe", {"number": 2}),
    ("What’s #3 about", "describe", {"number": 3}),
    ("tell me more about the 4th", "describe", {"number": 4}),
    ("what does user_123 like?", "profile", {"user": "user_123"}),
    ("what has alice watched", "profile", {"user": "alice"}),
    ("what did u7 read?", "profile", {"user": "u7"}),
    ("history of alice", "profile", {"user": "alice"}),
    ("search sourdough", "search", {"text": "sourdough"}),
    ("find videos about night trains", "search", {"text": "night trains"}),
    ("something about space", "search", {"text": "space"}),
    ("why do cats have 9 lives", "search", {"text": "why do cats have 9 lives"}),
    ("sourdough", "search", {"text": "sourdough"}),
    ("help", "help", {}),
    ("hello!", "help", {}),
    ("", "help", {}),
    ("???", "help", {}),
    ("/frobnicate", "help", {}),
]


@pytest.mark.parametrize(("message", "name", "arguments"), CASES)
def test_what_is_meant(message: str, name: str, arguments: dict[str, Any]) -> None:
    action = parse(message, Memory(), READERS.__contains__)
    assert (action.name, dict(action.arguments)) == (name, arguments)


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("something about space", Action("recommend", {"user": "alice", "about": "space"})),
        ("what should I watch?", Action("recommend", {"user": "alice"})),
        ("what do I like?", Action("profile", {"user": "alice"})),
        ("why the first?", Action("explain", {"number": 1, "user": "alice"})),
        ("recommend for user_7", Action("recommend", {"user": "user_7"})),
    ],
)
def test_the_reader_spoken_of_last_is_meant(message: str, action: Action) -> None:
    assert parse(message, Memory("alice"), READERS.__contains__) == action


WORDS = [
    "why",
    "number",
    "the",
    "2",
    "second",
    "for",
    "user_1",
    "about",
    "#",
    "it",
    "what",
    "is",
    "recommend",
    "\ud800",
    "\x00",
]


@given(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_no_text_raises(message: str) -> None:
    assert parse(message, Memory("alice"), READERS.__contains__).name


@pytest.mark.parametrize("word", ["it ", "the ", "# ", "about ", "show me ", "1", "user_1 ", "why ", "🍅"])
def test_long_messages_are_read_quickly(word: str) -> None:
    start = perf_counter()
    for opening in ("why ", "what is ", "search ", ""):
        parse(opening + word * 100_000 + "x", Memory(), READERS.__contains__)
    assert perf_counter() - start < 2
