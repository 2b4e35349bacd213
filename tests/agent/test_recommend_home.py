"""Recommendations over a real home: sample records, Chroma, the indexes, the legs and their fusion."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.feedback_events import Feedback
from shortlist.agent.chat.llm_interpreter import Interpreter
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.session import Chat
from shortlist.agent.chat.tools import Tools
from shortlist.agent.recommend import Recommender
from shortlist.core.config import ProfileConfig, RerankConfig, RetrievalConfig
from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.legs import LEGS
from shortlist.core.ranking import Filters, Request
from shortlist.core.types import Attributed, Event, Reader
from shortlist.ingest.load import load_articles, load_videos
from shortlist.models.encoders.encoder import Encoder
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.home import Home

SAMPLE = Path(__file__).parents[2] / "sample"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WATCHED = {
    "astra": ["why-moon-landers-have-such-ugly-legs", "moon-dust-is-basically-broken-glass"],
    "baker": ["is-my-sourdough-starter-dead", "stop-throwing-away-stale-bread", "why-my-crust-finally-crackles"],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sample_home: Path, encoder: Encoder) -> Iterator[Home]:
    path = tmp_path_factory.mktemp("state")
    shutil.copy(sample_home / "vectors.sqlite3", path)  # the cached embeddings: nothing is encoded again
    with Home.open(path, encoder.name) as home:
        load_videos(home, SAMPLE / "videos.jsonl", lambda: encoder, IngestConfig())
        load_articles(home, SAMPLE / "articles.csv", lambda: encoder, IngestConfig())
        home.catalogue.readers.put([Reader("newcomer")])
        home.catalogue.events.add(
            [
                Event(user, item, "video", "view", NOW - timedelta(minutes=place), 50.0)
                for user, items in WATCHED.items()
                for place, item in enumerate(items)
            ]
        )
        yield home


@pytest.fixture(scope="module")
def build(home: Home, encoder: Encoder) -> Callable[[Any], Recommender]:
    """Makes a recommender over the home with a given language model."""
    snapshot = load_snapshot(home)
    return lambda model: Recommender(
        records=home.catalogue,
        snapshot=snapshot,
        retriever=build_retriever(snapshot, RetrievalConfig()),
        encoder=lambda: encoder,
        model=lambda: model,
        retrieval=RetrievalConfig(),
        profile=ProfileConfig(),
        rerank=RerankConfig(),
    )


@pytest.fixture(scope="module")
def recommender(build: Callable[[Any], Recommender]) -> Recommender:
    return build(None)


@pytest.mark.parametrize(("user", "category"), [("astra", "Sci/Tech"), ("baker", "Food")])
def test_readers_get_what_they_like_and_have_not_seen(recommender: Recommender, user: str, category: str) -> None:
    answer = recommender.recommend(Request(user, k=5))
    assert [item.rank for item in answer.recommendations] == [1, 2, 3, 4, 5]
    assert [item.video.category for item in answer.recommendations[:3]] == [category] * 3
    assert not {item.video.id for item in answer.recommendations} & set(WATCHED[user])
    for item in answer.recommendations:
        assert set(item.stages) == {*LEGS, "fusion"} - {"svd", "tower", "clicks"}  # nothing is trained or shown yet
        assert item.stages["fusion"].rank == item.rank
        assert item.evidence in item.video.transcript.segments if item.video.transcript.segments else not item.evidence


def test_many_readers_get_what_each_would_get_alone(recommender: Recommender) -> None:
    requests = [
        Request("astra"), Request("newcomer", k=3), Request("baker", filters=Filters(category="Food")),
        Request("astra", wish="a train at night", rerank="none"),
    ]  # fmt: skip
    together = recommender.recommend_many(requests)
    alone = [recommender.recommend(request) for request in requests]
    for many, one in zip(together, alone, strict=True):
        assert [item.video.id for item in many.recommendations] == [item.video.id for item in one.recommendations]
        assert [item.score for item in many.recommendations] == pytest.approx(
            [item.score for item in one.recommendations], abs=1e-5
        )
        assert [item.reason for item in many.recommendations] == [item.reason for item in one.recommendations]


def test_a_wish_is_found_and_reranked(build: Callable[[Any], Recommender], scripted_model: Callable[..., Any]) -> None:
    model = scripted_model((-2.1, -0.1), (-0.1, -2.1), (-2.1, -0.1))
    answer = build(model).recommend(Request("baker", k=5, wish="night train", rerank="yesno"))
    assert any("train" in item.video.title.lower() for item in answer.recommendations[:3])
    assert {"fusion", "rerank"} <= set(answer.recommendations[0].stages)
    assert RerankConfig().top < len(model.calls) <= RerankConfig().depth
    assert "The reader asks for: night train" in model.calls[0][1].content


def test_the_newcomer_gets_the_popular_and_fresh(recommender: Recommender) -> None:
    answer = recommender.recommend(Request("newcomer"))
    assert len(answer.recommendations) == 10
    assert [note.code for note in answer.notes] == ["no-history"]


def tools_of(recommender: Recommender, home: Home, names: Names) -> Tools:
    feedback = Feedback(home.catalogue.events, home.catalogue.objectives, lambda: datetime.now(UTC))
    return Tools(recommender, home.catalogue, names, feedback, home.catalogue.tastes.get)


@pytest.fixture(scope="module")
def chat(home: Home, recommender: Recommender) -> Callable[[], Chat]:
    """Makes a chat over the home; its threads are kept there."""

    def nobody() -> Interpreter:
        raise AssertionError("the parser asks no model")

    names = Names(lambda word: word in WATCHED, ("Food", "Sci/Tech"))
    tools = tools_of(recommender, home, names)
    return lambda: Chat(tools=tools, threads=home.catalogue.threads, names=names, interpreter=nobody, mode="parser")


def test_chat_remembers_its_thread_in_the_home(chat: Callable[[], Chat]) -> None:
    chat().turn("recommend for baker", thread="t")
    reply = chat().turn("why number 1?", thread="t")
    assert reply.text.startswith("Number 1, “")
    assert "which you watched" in reply.text


def test_more_with_another_limit_passes_over_only_what_was_shown(
    chat: Callable[[], Chat], recommender: Recommender
) -> None:
    first = chat().turn("recommend for astra", thread="more")
    more = chat().turn("more, only food", thread="more")
    food = recommender.recommend(Request("astra", 10, filters=Filters(category="Food"))).recommendations
    shown = [item["video_id"] for item in first.recommendations]
    assert [item["video_id"] for item in more.recommendations] == [
        item.video.id for item in food if item.video.id not in shown
    ][:5]
    assert [item["rank"] for item in more.recommendations] == [6, 7, 8, 9, 10]


@pytest.mark.parametrize("refusal", ["not {}", "less {} please", "no more {}", "stop with the {}", "I'm tired of {}"])
def test_no_reason_quotes_what_was_refused(chat: Callable[[], Chat], refusal: str) -> None:
    for opening in ("search the city, under two minutes", "recommend for astra, under two minutes"):
        thread = f"{refusal} after {opening}"
        asked = chat().turn(opening, thread=thread).action.arguments
        assert asked["max_duration_s"] == 120
        for word in ("trains", "bread", "comet", "water", "music"):
            reply = chat().turn(refusal.format(word), thread=thread)
            assert asked.items() <= reply.action.arguments.items()
            assert not [item["reason"] for item in reply.recommendations if f"“{word}" in item["reason"]]


def test_chat_tells_a_taste_that_was_put_into_words(home: Home, recommender: Recommender) -> None:
    home.catalogue.tastes.put(
        "baker", Attributed("Baker likes warm kitchens.", "a-model:taste@1"), ("bread", "ovens"), 3
    )
    names = Names(lambda word: word in WATCHED)
    tools = tools_of(recommender, home, names)
    told = tools.run(Action("profile", {"user": "baker"}), ChatState()).text
    assert told.startswith("Baker likes warm kitchens. (bread, ovens) [a-model:taste@1]\nbaker likes ")
