"""Feedback in a chat: stored as events, heeded by the next list, and taken back by undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shortlist.agent.chat.session import Chat
from shortlist.core.types import Attributed, Enrichment, Event, Video


def stored(records: Any, user: str = "astra") -> list[tuple[str, str, str]]:
    """(kind, item, action) of what was stored after the two events that the reader begins with."""
    own = [event for event in records.events.rows if event.user_id == user]
    return [(event.kind, event.item_id, event.action) for event in own[2:]]


def ids(reply: Any) -> list[str]:
    return [item["video_id"] for item in reply.recommendations]


@pytest.mark.parametrize(
    ("message", "events"),
    [
        ("I liked number 2", [("video", "rocket", "like")]),
        ("dislike 3", [("video", "soup", "dislike")]),
        ("number 1 and 3 were boring", [("video", "comet", "dislike"), ("video", "soup", "dislike")]),
        ("seen it", [("video", "comet", "view")]),
        ("less of this channel", [("channel", "Channel", "dislike")]),
        ("less from the channel of number 2", [("channel", "Channel", "dislike")]),
    ],
)
def test_feedback_is_stored_and_taken_back(
    chat: Chat, records: Any, message: str, events: list[tuple[str, str, str]]
) -> None:
    chat.turn("recommend three for astra")
    reply = chat.turn(message)
    assert reply.document["action"]["name"] == "feedback"
    assert stored(records) == events
    assert len(reply.document["events"]) == len(events)
    assert "undo" in reply.text
    undone = chat.turn("undo")
    assert undone.action.name == "feedback"
    assert stored(records) == []
    assert chat.turn("shorter ones").action.arguments["user"] == "astra"  # the thread goes on


def test_a_disliked_video_is_not_recommended_even_with_seen_ones(chat: Chat) -> None:
    chat.turn("recommend for astra")
    assert "will not be recommended again" in chat.turn("dislike 1").text
    assert "comet" not in ids(chat.turn("include what I have seen"))
    chat.turn("undo")  # the list
    chat.turn("undo")  # the dislike
    assert "comet" in ids(chat.turn("recommend for astra"))


def test_more_of_these_likes_the_page_and_goes_on(chat: Chat, records: Any) -> None:
    chat.turn("recommend two for astra")
    reply = chat.turn("more of these")
    assert stored(records) == [("video", "comet", "like"), ("video", "rocket", "like")]
    assert ids(reply) == ["soup", "bread"]
    assert chat.turn("why number 1?").text.startswith("Number 1, “Red lentil soup”")
    chat.turn("undo")
    assert stored(records) == []


def test_a_place_that_was_not_shown_stores_nothing(chat: Chat, records: Any) -> None:
    chat.turn("recommend two for astra")
    assert "there is no number 9" in chat.turn("I liked number 9").text
    assert stored(records) == []


def test_it_is_the_video_judged_last(chat: Chat, records: Any) -> None:
    chat.turn("recommend three for astra")
    chat.turn("I liked number 2")
    chat.turn("seen it")
    assert stored(records)[-1] == ("video", "rocket", "view")


def test_feedback_of_nobody_asks_for_the_reader(chat: Chat) -> None:
    chat.turn("search space")
    assert chat.turn("I liked number 1").text.startswith("For whom?")


def test_a_connection_that_may_only_read_stores_nothing(chat: Chat, records: Any) -> None:
    chat.turn("recommend for astra", may_store=False)
    assert chat.turn("dislike 1", may_store=False).text == "Nothing was stored: this connection may only read."
    assert stored(records) == []


def test_open_shows_the_address_or_says_that_there_is_none(chat: Chat) -> None:
    chat.turn("recommend for astra")
    reply = chat.turn("open the first")
    assert reply.action.name == "open"
    assert reply.text == "The record of “A comet has two tails” (Channel, 1:00) has no address. Its id is comet."


def test_my_history_without_a_reader_asks_for_one(chat: Chat) -> None:
    for message in ("my history", "what have I liked so far?"):
        assert chat.turn(message).text.startswith("For whom? Name a reader")


def test_what_was_watched_last_week(chat: Chat, records: Any, event: Callable[..., Event]) -> None:
    day = 24 * 60
    records.events.add(
        [
            event("astra", "rocket", "view", 8 * day, dwell_s=30.0), event("astra", "rocket", "like", 8 * day - 1),
            event("astra", "soup", "impression", 8 * day), event("astra", "bread", "skip", 8 * day),
        ]
    )  # fmt: skip
    reply = chat.turn("what did I watch last week?", user="astra")
    assert reply.action.name == "profile"
    assert reply.text.splitlines() == [
        "astra watched one video from 2026-11-09 to 2026-11-15, newest first:",
        "  Thu 12 Nov 2026, watched for 30 s: “How a rocket lands”",
    ]
    assert chat.turn("what did I watch in October?", user="astra").text.startswith("astra watched nothing from")


def test_a_surprise_differs_and_says_how(chat: Chat) -> None:
    replies = [chat.turn("surprise me, one", user="astra") for _ in range(8)]
    assert len({tuple(ids(reply)) for reply in replies}) > 1
    assert "a surprise: drawn at random from your best 4 in categories you seldom watch" in replies[0].text


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("thanks!", "You are welcome."),
        ("bye", "Goodbye."),
        ("gracias", "De nada."),
        ("¡hasta luego!", "¡Hasta luego!"),
        ("vielen Dank", "Gern geschehen."),
        ("empfiehl mir etwas", "Für wen? Nenne einen Leser, wie in “empfiehl etwas für user_123”."),
        (
            "¿por qué el segundo?",
            "Todavía no hay ninguna lista. Pide una primero, como en “recomienda algo para user_123”.",
        ),
    ],
)
def test_fixed_phrases_in_three_languages(chat: Chat, message: str, reply: str) -> None:
    assert chat.turn(message).text == reply


def test_a_spanish_conversation(chat: Chat, records: Any) -> None:
    reply = chat.turn("recomienda algo sobre space para astra, por favor")
    assert reply.text.startswith("Para astra, sobre space:")
    assert chat.turn("no me gusta el 2").text.startswith("Anotado: a astra no le gusta “How a rocket lands”")
    assert [action for _, _, action in stored(records)] == ["dislike"]
    assert chat.turn("deshacer").text == "Retirado: tu última opinión ya no cuenta."


def test_guessed_categories_are_marked_in_what_a_reader_likes(
    chat: Chat, records: Any, event: Callable[..., Event]
) -> None:
    records.put(Video("fun", "A fun one", enrichment=Enrichment(category=Attributed("Comedy", "zero-shot:plane"))))
    records.events.add([event("newcomer", "fun", "like", 5)])
    assert chat.turn("what does newcomer like?").text.startswith("newcomer likes Comedy (a guess) 100%.")
