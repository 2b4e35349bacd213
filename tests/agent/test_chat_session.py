from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.chat.session import Chat
from agent.recommend import Recommender
from core.config import RerankConfig


@pytest.fixture
def chat(make_recommender: Callable[..., Recommender], records: Any) -> Chat:
    return Chat(make_recommender(rerank=RerankConfig(weight_wish=0)), records, records)


def test_a_conversation(chat: Chat) -> None:
    first = chat.turn("recommend two for astra")
    assert first.text.splitlines()[:2] == [
        "For astra:",
        "1. “A comet has two tails” (Channel, 1:00) – because you watched “Dust on the Moon” to the end",
    ]
    assert [item["video_id"] for item in first.recommendations] == ["comet", "rocket"]
    why = chat.turn("why number 2?")
    assert why.text.startswith("Number 2, “How a rocket lands” (Channel, 1:00): because you watched")
    assert "Places by leg: dense 2; together 2; in the end 2." in why.text
    assert "It says at 0:" in why.text
    about = chat.turn("what is the second about?")
    assert "Four legs unfold. The rocket lands upright." in about.text
    again = chat.turn("something about space")
    assert dict(again.action.arguments) == {"user": "astra", "about": "space"}


def test_why_without_a_list_speaks_of_what_the_reader_would_get(chat: Chat) -> None:
    reply = chat.turn("why number 2?", user="astra")
    assert reply.text.startswith("Number 2, “How a rocket lands”")


def test_another_readers_list_is_not_explained(chat: Chat) -> None:
    chat.turn("recommend for astra")
    assert "“Red lentil soup”" in chat.turn("why number 1?", user="baker").text


def test_threads_are_apart(chat: Chat) -> None:
    chat.turn("recommend for astra", thread="one")
    assert "no list" in chat.turn("why number 1?", thread="two").text


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("recommend for user_99", "I know no reader 'user_99'. The nearest ids are astra."),
        ("what does user_99 like?", "nearest ids are astra"),
        ("something for dinner", "For whom?"),
        ("why number 1?", "no list"),
        ("help", "search sourdough"),
        ("what does astra like?", "astra likes Sci/Tech 100%.\nThe newest of 2 events:\n  watched to the end: “Dust"),
        ("what does newcomer like?", "newcomer has no history yet."),
        ("search space", "About space:\n1. “Dust on the Moon”"),
    ],
)
def test_replies(chat: Chat, message: str, part: str) -> None:
    assert part in chat.turn(message).text


@pytest.mark.parametrize("message", ["why number 9?", "why number 0?", "what is number 999 about?"])
def test_a_number_that_is_not_in_the_list(chat: Chat, message: str) -> None:
    chat.turn("recommend for astra")
    assert "there is no number" in chat.turn(message).text


def test_the_document_is_json(chat: Chat) -> None:
    document = json.loads(json.dumps(chat.turn("recommend for astra").document))
    assert set(document) == {"reply", "action", "recommendations", "notes"}
    assert document["action"] == {"name": "recommend", "arguments": {"user": "astra"}}
    assert document["recommendations"][0]["evidence"]["text"] == "The comet grows two tails."


WORDS = [
    "why",
    "2",
    "last",
    "0",
    "999",
    "for",
    "astra",
    "user_1",
    "about",
    "space",
    "what",
    "is",
    "recommend",
    "like",
    "search",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text() | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
def test_no_text_raises(chat: Chat, message: str) -> None:
    assert chat.turn(message).text
