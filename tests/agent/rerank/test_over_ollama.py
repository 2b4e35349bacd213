"""Recommendations reranked over a server that speaks Ollama's API (a stand-in: tests/ollama_stand_in.py)."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from shortlist.agent.batch import ItemBatch
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.letters import Letters
from shortlist.agent.rerank.methods import JSON_FALLBACK
from shortlist.core.config import LlmConfig, RerankConfig
from shortlist.core.errors import ModelFailed
from shortlist.core.ranking import Answer, Ranking, Request
from shortlist.core.types import Profile, Video
from shortlist.models.llm.llama_cpp import LlamaCppModel
from shortlist.models.llm.ollama import OllamaModel
from tests.ollama_stand_in import MODEL, Reply, StandIn, as_json, ollama_stand_in

pytestmark = pytest.mark.integration

Make = Callable[..., Any]
CHAT = "/api/chat"
SPACE = Request("astra", k=4, wish="space")
RETRIEVED = ["comet", "rocket", "soup", "bread"]


@pytest.fixture
def server(tiny_llm: LlamaCppModel) -> Iterator[StandIn]:
    with ollama_stand_in(tiny_llm) as state:
        yield state


def at(server: StandIn, **settings: Any) -> OllamaModel:
    return OllamaModel(LlmConfig(ollama_url=server.url, ollama_model=MODEL, **settings))


def ids(answer: Answer) -> list[str]:
    return [item.video.id for item in answer.recommendations]


def nan() -> Reply:
    top = '[{"token": "yes", "logprob": NaN}, {"token": "no", "logprob": -1}]'
    logprobs = f'[{{"token": "yes", "logprob": -0.1, "top_logprobs": {top}}}]'
    return 200, f'{{"message": {{"role": "assistant", "content": "yes"}}, "logprobs": {logprobs}}}'.encode()


def letters(order: str) -> Reply:
    top = [{"token": letter, "logprob": -float(place)} for place, letter in enumerate(order, start=1)]
    logprobs = [{"token": order[0], "logprob": -1.0, "top_logprobs": top}]
    return as_json({"message": {"role": "assistant", "content": order[0]}, "logprobs": logprobs})


def said(text: str) -> Reply:
    return as_json({"model": MODEL, "message": {"role": "assistant", "content": text}, "done": True})


def test_the_head_is_judged_one_token_a_candidate(make_recommender: Make, server: StandIn) -> None:
    answer = make_recommender(model=lambda: at(server)).recommend(replace(SPACE, rerank="yesno"))
    assert answer.llm.calls == 4
    assert all("rerank" in item.stages for item in answer.recommendations)
    assert {asked["options"]["num_predict"] for asked in server.asked} == {1}
    assert answer.notes == ()


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (as_json({"error": "out of memory"}, 500), "HTTP status 500: out of memory"),
        ((200, b'{"message": {"role": "assi'), "an answer that is not Ollama's"),
        (nan(), "no usable log-probabilities"),
        (as_json({"error": "model not found"}, 404), f"run `ollama pull {MODEL}`"),
    ],
)
def test_a_server_that_fails_leaves_the_retrieval_order_and_one_note(
    make_recommender: Make, server: StandIn, reply: Reply, found: str
) -> None:
    model = at(server)
    server.replies[CHAT] = lambda: reply
    answer = make_recommender(model=lambda: model).recommend(SPACE)
    assert ids(answer) == RETRIEVED
    [note] = answer.notes
    assert note.code == "model-failed"
    assert found in note.detail
    assert "\n" not in note.detail
    assert len(server.asked) == 1  # nobody knocks nineteen times more


def test_a_server_that_is_slow_costs_one_time_limit(make_recommender: Make, server: StandIn) -> None:
    model = at(server, timeout_s=0.3)
    server.replies[CHAT] = server.hang
    answer = make_recommender(model=lambda: model).recommend(SPACE)
    assert ids(answer) == RETRIEVED
    assert "no answer in 0.3 s" in answer.notes[0].detail


def test_no_server_at_all(make_recommender: Make) -> None:
    with socket.socket() as deaf:  # bound, so that nobody else listens there
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        recommender = make_recommender(model=lambda: OllamaModel(LlmConfig(ollama_url=url)))
        answer = recommender.recommend(SPACE)
    assert ids(answer) == RETRIEVED
    [note] = answer.notes
    assert note.code == "no-model"
    assert "ollama serve" in note.detail
    assert url not in note.public
    with pytest.raises(ModelFailed):
        recommender.recommend(Request("astra", wish="space", rerank="yesno"))


def test_a_server_too_old_for_log_probabilities_is_asked_for_json(make_recommender: Make, server: StandIn) -> None:
    server.replies["/api/version"] = lambda: as_json({"version": "0.12.10"})
    server.replies[CHAT] = lambda: said(json.dumps({"answer": "yes", "confidence": 3}))
    answer = make_recommender(model=lambda: at(server)).recommend(SPACE)
    assert answer.notes == (JSON_FALLBACK,)
    assert all("rerank" in item.stages for item in answer.recommendations)
    assert all(asked["format"]["required"] == ["answer", "confidence"] for asked in server.asked)


def test_a_server_that_only_says_it_gives_log_probabilities_is_asked_for_json(
    make_recommender: Make, server: StandIn
) -> None:
    model = at(server)
    server.replies[CHAT] = lambda: said(json.dumps({"answer": "yes", "confidence": 3}))
    answer = make_recommender(model=lambda: model).recommend(SPACE)
    assert answer.notes == (JSON_FALLBACK,)
    assert len(server.asked) == 5  # one that taught us, and four


@pytest.mark.parametrize("text", ["", '{"answer": "yes"'])
def test_empty_and_broken_json_leave_the_retrieval_order(make_recommender: Make, server: StandIn, text: str) -> None:
    server.replies["/api/version"] = lambda: as_json({"version": "0.12.10"})
    server.replies[CHAT] = lambda: said(text)
    answer = make_recommender(model=lambda: at(server)).recommend(SPACE)
    assert ids(answer) == RETRIEVED
    assert [note.code for note in answer.notes] == ["json-fallback", "model-failed"]


def test_letters_come_in_windows_of_ten(server: StandIn) -> None:
    server.replies[CHAT] = lambda: letters("ABCDEFGHIJ")
    names = [f"v{number:02}" for number in range(20)]
    items = ItemBatch({name: Video(name, f"About {name}") for name in names})
    ranking = Ranking.of({name: -float(place) for place, name in enumerate(names)}, "weighted")
    reranked = Letters(RerankContext(at(server), items, RerankConfig())).rerank(Profile("u"), "cats", ranking)
    assert sorted(reranked.ids) == names
    assert len(reranked.sources[0]) == 20
    assert [asked["messages"][1]["content"].count(") Title: About") for asked in server.asked][-2:] == [10, 10]
