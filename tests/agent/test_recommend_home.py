"""Recommendations over a real home: sample records, Chroma, the indexes, the legs and their fusion."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.chat.session import Chat
from agent.recommend import Recommender
from core.config import LEGS, IngestConfig, ProfileConfig, RerankConfig, RetrievalConfig
from core.ranking import Filters, FloatArray, Request
from core.types import Event, Reader
from ingest.load import load_articles, load_videos
from retrieval.build import build_retriever
from retrieval.index import load_snapshot
from store.home import Home

SAMPLE = Path(__file__).parents[2] / "sample"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WATCHED = {
    "astra": ["why-moon-landers-have-such-ugly-legs", "moon-dust-is-basically-broken-glass"],
    "baker": ["is-my-sourdough-starter-dead", "stop-throwing-away-stale-bread", "why-my-crust-finally-crackles"],
}


class WordEncoder:
    """Bags of hashed words: near are texts that share words. Stands in for the real encoder, which is slow to load."""

    name, dim = "words", 64

    def encode(self, texts: Sequence[str]) -> FloatArray:
        rows = np.full((len(texts), self.dim), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w{4,}", text.lower()):
                row[zlib.crc32(word.encode()) % self.dim] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with Home.open(tmp_path_factory.mktemp("state") / "home", WordEncoder.name) as home:
        load_videos(home, SAMPLE / "videos.jsonl", WordEncoder, IngestConfig())
        load_articles(home, SAMPLE / "articles.csv", WordEncoder, IngestConfig())
        home.catalogue.put_readers([Reader("newcomer")])
        home.catalogue.add_events(
            [
                Event(user, item, "video", "view", NOW - timedelta(minutes=place), 50.0)
                for user, items in WATCHED.items()
                for place, item in enumerate(items)
            ]
        )
        yield home


@pytest.fixture(scope="module")
def recommender(home: Home) -> Recommender:
    return build(home, model=None)


def build(home: Home, model: Any) -> Recommender:
    snapshot = load_snapshot(home)
    return Recommender(
        records=home.catalogue,
        snapshot=snapshot,
        retriever=build_retriever(snapshot, RetrievalConfig()),
        encoder=WordEncoder,
        model=lambda: model,
        profile=ProfileConfig(),
        rerank=RerankConfig(),
    )


@pytest.mark.parametrize(("user", "category"), [("astra", "Sci/Tech"), ("baker", "Food")])
def test_readers_get_what_they_like_and_have_not_seen(recommender: Recommender, user: str, category: str) -> None:
    answer = recommender.recommend(Request(user, k=5))
    assert [item.rank for item in answer.recommendations] == [1, 2, 3, 4, 5]
    assert [item.video.category for item in answer.recommendations[:3]] == [category] * 3
    assert not {item.video.id for item in answer.recommendations} & set(WATCHED[user])
    for item in answer.recommendations:
        assert set(item.stages) == {*LEGS, "fusion"}
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


def test_a_wish_is_found_and_reranked(home: Home, scripted_model: Callable[..., Any]) -> None:
    model = scripted_model((-2.1, -0.1), (-0.1, -2.1), (-2.1, -0.1))
    answer = build(home, model).recommend(Request("baker", k=5, wish="night train", rerank="yesno"))
    assert any("train" in item.video.title.lower() for item in answer.recommendations[:3])
    assert {"fusion", "rerank"} <= set(answer.recommendations[0].stages)
    assert len(model.calls) == RerankConfig().depth
    assert "The reader now asks for: night train" in model.calls[0][1].content


def test_the_newcomer_gets_the_popular_and_fresh(recommender: Recommender) -> None:
    answer = recommender.recommend(Request("newcomer"))
    assert len(answer.recommendations) == 10
    assert answer.notes == ("newcomer has no history: popular and fresh",)


def test_chat_remembers_its_thread_in_the_home(home: Home, recommender: Recommender) -> None:
    Chat(recommender, home.catalogue, home.catalogue).turn("recommend for baker", thread="t")
    reply = Chat(recommender, home.catalogue, home.catalogue).turn("why number 2?", thread="t")
    assert reply.text.startswith("Number 2, “")
    assert "because you watched “" in reply.text
