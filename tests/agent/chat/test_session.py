"""Conversations over a small world in state."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.feedback_events import Feedback
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.session import MAX_TURNS, Chat
from shortlist.agent.chat.tools import Tools
from shortlist.agent.recommend import Recommender
from shortlist.core.config import RerankConfig
from shortlist.core.notes import Note
from shortlist.core.ranking import Request
from shortlist.core.types import Reader
from tests.memory_catalogue import MemoryCatalogue

MakeChat = Callable[..., Chat]


def test_a_conversation(chat: Chat) -> None:
    first = chat.turn("recommend two for astra")
    assert first.text.splitlines()[:2] == [
        "For astra:",
        "1. “A comet has two tails” (Channel, 1:00) – like “Dust on the Moon”, which you watched to the end",
    ]
    assert [item["video_id"] for item in first.recommendations] == ["comet", "rocket"]
    why = chat.turn("why number 2?")
    assert why.text.startswith("Number 2, “How a rocket lands” (Channel, 1:00): like “Probe")
    assert why.text.endswith("which you read.")  # one sentence
    in_detail = chat.turn("why number 2, in detail?")
    assert "Places by leg: dense 2; together 2; in the end 2." in in_detail.text
    assert "It says at 0:" in in_detail.text
    about = chat.turn("what is the second about?")
    assert "Four legs unfold. The rocket lands upright." in about.text
    again = chat.turn("something about space")
    assert dict(again.action.arguments) == {"user": "astra", "about": "space"}


def test_why_without_a_list_speaks_of_what_the_reader_would_get(chat: Chat) -> None:
    reply = chat.turn("why number 2?", user="astra")
    assert reply.text.startswith("Number 2, “How a rocket lands”")


def test_a_list_that_a_page_shows_is_spoken_of(chat: Chat) -> None:
    listed = chat.turn("recommend three for astra").recommendations
    shown = [{**listed[at], "rank": rank} for rank, at in enumerate((2, 0), start=1)]  # as a page moved them
    chat.show("shelf", Request("astra", 2), {"recommendations": shown, "request_id": None})
    assert f"Number 2, “{listed[0]['title']}”" in chat.turn("why number 2?", user="astra", thread="shelf").text
    assert "2 videos" in chat.turn("why number 3?", user="astra", thread="shelf").text


def test_a_reader_who_does_not_exist_is_not_remembered(chat: Chat) -> None:
    chat.turn("recommend for astra")
    chat.turn("recommend for user_99")
    assert chat.turn("what should I watch?").action.arguments["user"] == "astra"


def test_another_readers_list_is_not_explained(chat: Chat) -> None:
    chat.turn("recommend for astra")
    assert "“Red lentil soup”" in chat.turn("why number 1?", user="baker").text


@pytest.mark.parametrize("message", ["more", "the next two", "only two"])
def test_a_list_is_not_continued_for_another_speaker(chat: Chat, message: str) -> None:
    chat.turn("recommend two about space", user="astra")
    reply = chat.turn(message, user="baker")
    assert reply.text.startswith("For baker, about space")
    assert [item["rank"] for item in reply.recommendations][:2] == [1, 2]
    assert ids(chat.turn(message, user="baker"))  # which is baker's own from now on


def test_another_speakers_number_is_a_place_in_the_list_that_they_would_get(chat: Chat) -> None:
    chat.turn("something about space", user="astra")
    why = chat.turn("why number 1?", user="baker")
    assert [item["video_id"] for item in why.recommendations] == ids(chat.turn("more", user="baker"))[:1]


def test_a_speaker_who_asks_for_somebody_else_may_go_on_with_that_list(chat: Chat) -> None:
    first = chat.turn("recommend two for baker", user="astra")
    assert ids(chat.turn("why number 1?", user="astra")) == ids(first)[:1]
    assert chat.turn("more", user="astra").text.startswith("For baker:\n3.")


def test_a_long_thread_is_not_read_whole(chat: Chat, records: Any) -> None:
    chat.turn("recommend two for astra")
    records.threads.by_name["default"][:0] = [{"message": "help"}] * 10 + [None] * MAX_TURNS  # which nothing can read
    records.threads.by_name["default"] += [{"message": "help"}] * (MAX_TURNS - 1)
    assert ids(chat.turn("more")) == ["soup", "bread"]


def test_both_ends_of_a_month_are_said(chat: Chat) -> None:
    reply = chat.turn("recommend for astra from September")
    assert reply.text.startswith("For astra, since 2026-09-01, before 2026-10-01:")


def test_a_limit_that_no_filter_can_express_is_named_and_not_repeated(chat: Chat) -> None:
    reply = chat.turn("recommend for astra, nothing from last month")
    assert reply.text.splitlines()[0] == "For astra:"
    assert reply.text.endswith("I cannot filter by this: “nothing from last month”.")
    assert "cannot" not in chat.turn("only two").text


@pytest.mark.parametrize("message", ["recommend for Astra", "RECOMMEND FOR ASTRA", "Astra"])
def test_a_reader_is_known_in_capitals(chat: Chat, message: str) -> None:
    assert chat.turn(message).action.arguments["user"] == "astra"


@pytest.mark.parametrize("message", ["recommend for user 7", "what does user 7 like?", "User 7 wants something"])
def test_an_id_may_be_said_in_two_words(chat: Chat, records: Any, message: str) -> None:
    records.readers.put([Reader("user_7")])
    assert chat.turn(message).action.arguments["user"] == "user_7"
    assert chat.turn("recommend for user 8").text.startswith("I know no reader 'user_8'.")


def test_of_several_readers_the_first_is_answered_and_the_others_are_named(chat: Chat) -> None:
    reply = chat.turn("recommend two for astra and baker")
    assert reply.text.startswith("For astra:")
    assert reply.text.endswith("I answer for one reader at a time; ask again for baker.")
    assert "baker" not in chat.turn("more").text
    assert chat.turn("what do astra and baker like?").text.endswith("ask again for baker.")


@pytest.mark.parametrize("message", ["recommend for him", "something for her", "what should he watch?"])
def test_he_or_she_is_the_reader_spoken_of_last(chat: Chat, message: str) -> None:
    chat.turn("what does baker like?", user="astra")
    assert chat.turn(message, user="astra").action.arguments["user"] == "baker"


def test_what_about_a_reader_is_no_topic(chat: Chat) -> None:
    assert dict(chat.turn("what about for astra").action.arguments) == {"user": "astra"}


def test_threads_are_apart(chat: Chat) -> None:
    chat.turn("recommend for astra", thread="one")
    assert "no list" in chat.turn("why number 1?", thread="two").text


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("recommend for user_99", "I know no reader 'user_99'. The nearest ids are astra."),
        ("what does user_99 like?", "nearest ids are astra"),
        ("recommend something", "For whom?"),
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
    assert set(document) == {"reply", "request_id", "action", "recommendations", "notes", "events", "choices"}
    assert document["action"] == {"name": "recommend", "arguments": {"user": "astra"}}
    assert document["recommendations"][0]["evidence"]["text"] == "The comet grows two tails."


def test_a_thread_of_an_older_version_goes_on(chat: Chat, records: Any) -> None:
    reply = chat.turn("recommend two for astra")
    old = {**records.threads.get("default", 1)[0], "notes": ["only 2 of 3: no other video matches"]}
    records.threads.add("old", old)
    assert not set(ids(chat.turn("more", thread="old"))) & set(ids(reply))


def ids(reply: Any) -> list[str]:
    return [item["video_id"] for item in reply.recommendations]


def test_the_next_ones_go_on_where_the_list_ended(chat: Chat) -> None:
    first = chat.turn("recommend two for astra")
    more = chat.turn("the next two")
    assert (ids(first), ids(more)) == (["comet", "rocket"], ["soup", "bread"])
    assert [item["rank"] for item in more.recommendations] == [3, 4]
    assert "Number 4, “Rye bread" in chat.turn("why number 4?").text
    assert "Number 1, “A comet" in chat.turn("why number 1?").text
    assert chat.turn("more").text == "That is all there is."


def test_a_follow_up_keeps_the_request(chat: Chat) -> None:
    chat.turn("something about space for astra")
    assert ids(chat.turn("only one")) == ["comet"]
    other = chat.turn("and for baker?")
    assert dict(other.action.arguments) == {"user": "baker", "about": "space", "k": 1}
    assert ids(other) == ["moon"]


def test_a_video_is_hidden_in_the_rest_of_the_chat(chat: Chat) -> None:
    chat.turn("recommend two for astra")
    reply = chat.turn("not number 1")
    assert reply.text.startswith("For astra, without 1 of the videos:\n1. “How a rocket lands”")
    assert [note.code for note in reply.notes] == ["hidden-in-thread"]
    assert ids(chat.turn("hide the second one")) == ["rocket", "bread"]
    assert ids(chat.turn("include what I have seen"))[0] == "moon"
    assert not {"comet", "soup"} & set(ids(chat.turn("give me ten")))


@pytest.mark.parametrize("message", ["not number 7", "hide number 0"])
def test_what_is_not_in_the_list_cannot_be_hidden(chat: Chat, message: str) -> None:
    chat.turn("recommend two for astra")
    assert "there is no number" in chat.turn(message).text


def test_hiding_without_a_list(chat: Chat) -> None:
    assert "no list" in chat.turn("hide number 2").text


def limits(reply: Any) -> dict[str, Any]:
    return {name: value for name, value in reply.resolved.items() if name != "user"}


@pytest.mark.parametrize(
    ("messages", "left"),
    [
        (["under a minute", "actually longer is fine"], {}),
        (["from September, under a minute", "drop the date"], {"max_duration_s": 60}),
        (["from September, under a minute", "without any limits"], {}),
        (["only from Channel", "not from Channel"], {"not_channels": ["Channel"]}),
        (["not from Channel", "only from Channel"], {"channel": "Channel"}),
        (["not food", "only food"], {"category": "Food"}),
        (["only food", "not food"], {"not_categories": ["Food"]}),
        (["only food", "not only food"], {}),
        (["in English", "not in English"], {"not_languages": ["en"]}),
        (["not in English", "nothing in German", "any language"], {}),
        (["newer than 2026-10-01", "published before 2026-10-01"], {"published_before": "2026-10-01"}),
        (["about space, under a minute", "start over"], {}),
        (["under a minute", "not food", "undo"], {"max_duration_s": 60}),
        (["under a minute", "not food", "undo", "undo"], {}),
        (["not food", "under a minute", "any length", "undo"], {"not_categories": ["Food"], "max_duration_s": 60}),
        (["not food", "under a minute", "undo", "not sourdough", "undo"], {"not_categories": ["Food"]}),
    ],
)
def test_limits_are_lifted_and_end_their_opposites(chat: Chat, messages: list[str], left: dict[str, Any]) -> None:
    chat.turn("recommend for astra")
    for message in messages:
        reply = chat.turn(message)
    assert limits(reply) == left


def test_after_a_list_without_videos_undo_goes_back_to_the_last_one(chat: Chat, records: Any) -> None:
    chat.turn("recommend for astra about space")
    chat.turn("only from channel Nowhere")
    records.threads.by_name["default"][-1]["recommendations"] = []
    assert limits(chat.turn("undo")) == {"about": "space"}


def test_more_like_one_of_the_list(chat: Chat) -> None:
    chat.turn("recommend for astra")
    reply = chat.turn("more like number 3")  # soup
    assert ids(reply)[0] == "bread"
    assert reply.text.startswith("For astra, like “Red lentil soup”:\n1. “Rye bread")
    assert "close in meaning to “Red lentil soup”" in reply.text
    again = chat.turn("under a minute")  # what was liked is the soup still, wherever the new list has it
    assert again.action.arguments["like"] == "soup"


def test_more_like_one_that_was_searched_for_needs_no_reader(chat: Chat) -> None:
    chat.turn("search space")
    assert ids(chat.turn("more like the first"))[:2] == ["comet", "rocket"]  # the first was the Moon


def test_it_is_the_video_spoken_of_last(chat: Chat) -> None:
    chat.turn("recommend for astra")
    chat.turn("what is the second about?")
    assert chat.turn("why?").text.startswith("Number 2,")


def test_a_newcomer_is_asked_one_question_and_the_answer_is_understood(chat: Chat) -> None:
    reply = chat.turn("recommend for newcomer")
    assert reply.text.splitlines()[-1].endswith("What do you feel like: Food or Sci/Tech?")
    assert reply.notes[0] == Note("no-history", "newcomer has no history: popular and fresh")
    assert dict(chat.turn("Food").action.arguments) == {"user": "newcomer", "category": "Food"}


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
    "more",
]
CHAINS = [
    "recommend for astra", "search space", "shorter", "longer", "more", "more like the last", "not food", "newer",
    "only from Channel", "and for baker?", "why?", "what is it about?", "since last year", "10",
]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text() | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
def test_no_text_raises(make_chat: MakeChat, message: str) -> None:
    assert make_chat(mode="parser").turn(message).text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(CHAINS), max_size=8))
def test_no_conversation_raises(make_chat: MakeChat, records: Any, messages: list[str]) -> None:
    records.threads.by_name.clear()
    chat = make_chat(mode="parser")
    for message in messages:
        reply = chat.turn(message)
        assert reply.text
        assert {item["video_id"] for item in reply.recommendations} <= set(records.videos.ids())
        json.dumps(reply.document)


def test_a_list_is_shown_before_the_model_reads_it(
    make_recommender: Callable[..., Recommender], records: MemoryCatalogue, scripted_model: Any
) -> None:
    asked: list[int] = []
    model = scripted_model([-3.0, -0.1])
    recommender = make_recommender(rerank=RerankConfig(weight_wish=0.5), model=lambda: model)
    feedback = Feedback(records.events, records.objectives, lambda: datetime.now(UTC))
    tools = Tools(recommender, records, Names(lambda _: True), feedback)
    drafts: list[str] = []

    def show(draft: str) -> None:
        asked.append(len(model.calls))
        drafts.append(draft)

    reply = tools.run(Action("recommend", {"user": "astra", "about": "space"}), ChatState("astra"), show)
    assert asked == [0]
    assert drafts[0].startswith("For astra, about space:\n1. ")
    assert model.calls
    assert reply.text.startswith("For astra, about space:\n1. ")
    tools.run(Action("recommend", {"user": "astra"}), ChatState("astra"), show)  # reads no model
    assert len(drafts) == 1


def test_a_rerank_takes_no_longer_than_people_wait(
    make_recommender: Callable[..., Recommender], records: MemoryCatalogue, scripted_model: Any
) -> None:
    model = scripted_model("yes")
    recommender = make_recommender(rerank=RerankConfig(weight_wish=0.5), model=lambda: model)
    feedback = Feedback(records.events, records.objectives, lambda: datetime.now(UTC))
    tools = Tools(recommender, records, Names(lambda _: True), feedback, budget_ms=0)
    reply = tools.run(Action("recommend", {"user": "astra", "about": "space"}), ChatState("astra"))
    assert reply.recommendations
    assert model.calls == []
