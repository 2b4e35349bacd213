"""The language model reads messages of a chat, and cannot make a reading worse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shortlist.agent.chat.session import Chat
from shortlist.core.errors import ModelFailed, ModelMissing

MakeChat = Callable[..., Chat]
LONG = "it rained the whole time and he used to say that the history of space was so strange in the old days"


def test_the_model_reads_only_what_the_parser_cannot(make_chat: MakeChat, scripted_model: Any) -> None:
    model = scripted_model('{"tool": "search", "arguments": {"text": "history of space"}}')
    chat = make_chat(model)
    chat.turn("recommend for astra")
    assert model.calls == []
    reply = chat.turn(LONG)
    assert (reply.action.name, dict(reply.action.arguments)) == ("search", {"text": "history of space"})
    assert reply.recommendations[0]["video_id"] == "moon"
    said = [message.content for message in model.calls[0]]
    assert "recommend(user, about)" in said[0]
    assert said[1] == "recommend for astra"  # the thread is its memory
    assert said[-1] == LONG


@pytest.mark.parametrize(
    "answer",
    [
        '{"tool": "search", "arguments": {"text": "pirate treasure"}}',  # not what was said
        '{"tool": "recommend", "arguments": {"about": ""}}',
        "I think you would like the second one!",
        "{}",
        '{"tool": "frobnicate", "arguments": {}}',
        '{"tool": "explain", "arguments": {"number": "many"}}',
        ModelMissing("no model", expected="one", found="none", remedy="pull it"),
    ],
)
def test_a_model_that_calls_tools_badly_makes_nothing_worse(
    make_chat: MakeChat, scripted_model: Any, answer: Any
) -> None:
    model = answer if isinstance(answer, Exception) else scripted_model(answer)
    reply = make_chat(model).turn(LONG)
    assert reply.action.name in ("unknown", "recommend")
    assert reply.text.startswith(("I did not understand that.", "For whom?"))


def test_a_limit_that_is_lifted_is_none_for_the_model(make_chat: MakeChat, scripted_model: Any) -> None:
    chat = make_chat(scripted_model('{"tool": "search", "arguments": {"text": "history of space"}}'))
    reply = chat.turn(f"{LONG}, any length, not number 9, without any limits")
    assert "max_duration_s" not in reply.action.arguments


def test_a_model_that_is_missing_is_noted(make_chat: MakeChat, scripted_model: Any) -> None:
    down = ModelFailed("cannot answer", expected="an answer", found="no connection", remedy="start it")
    reply = make_chat(scripted_model(down)).turn(LONG)
    [unread] = [note for note in reply.notes if note.code == "message-not-read"]
    assert "no connection" in unread.detail
    assert "no connection" not in str(reply.document)


def test_a_reader_that_the_model_invents_is_not_believed(make_chat: MakeChat, scripted_model: Any) -> None:
    model = scripted_model('{"tool": "recommend", "arguments": {"user": "friend", "about": "space"}}')
    reply = make_chat(model).turn(LONG, user="astra")
    assert dict(reply.action.arguments) == {"user": "astra", "about": "space"}


def test_asked_first_the_model_still_falls_back_on_the_parser(make_chat: MakeChat, scripted_model: Any) -> None:
    chat = make_chat(scripted_model("no idea"), mode="agent")
    found = chat.turn("recommend two for astra").recommendations
    assert [item["video_id"] for item in found] == ["comet", "rocket"]


def test_the_parser_alone_never_asks(make_chat: MakeChat) -> None:
    assert make_chat(mode="parser").turn(LONG).text.startswith("I did not understand that.")
