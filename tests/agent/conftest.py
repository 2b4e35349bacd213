"""A small world in memory: five videos, two articles, two readers, one retriever over two-dimensional vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest

from shortlist.agent.chat.feedback_events import Feedback
from shortlist.agent.chat.llm_interpreter import AgentInterpreter
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.session import Chat, Mode
from shortlist.agent.chat.tools import Tools
from shortlist.agent.recommend import Recommender
from shortlist.core.config import ProfileConfig, RerankConfig, RetrievalConfig
from shortlist.core.ranking import FloatArray, LegPlaces, Query, Ranking
from shortlist.core.types import Article, Attributed, Enrichment, Event, Reader, Segment, Transcript, Video
from shortlist.retrieval.index.columns import blank_columns
from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.retrieval.index.lexicon import lexicon_of
from shortlist.retrieval.trained.versions import Trained
from tests.memory_catalogue import MemoryCatalogue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VECTORS = {
    "moon": (1.0, 0.0),
    "comet": (0.96, 0.28),
    "rocket": (0.8, 0.6),
    "bread": (0.0, 1.0),
    "soup": (0.28, 0.96),
    "a-space": (1.0, 0.0),
    "a-food": (0.0, 1.0),
}


def video(video_id: str, title: str, category: str, *spoken: str, summary: str | None = None) -> Video:
    segments = tuple(Segment(text, 10.0 * i, 10.0 * i + 9) for i, text in enumerate(spoken))
    made = Attributed(summary, "given") if summary else None
    enrichment = Enrichment(summary=made, category=Attributed(category, "given"))
    return Video(video_id, title, "Channel", duration_s=60.0, transcript=Transcript(segments), enrichment=enrichment)


def small_world() -> MemoryCatalogue:
    """Five videos, two articles and three readers, of whom two have done something."""
    catalogue = MemoryCatalogue()
    catalogue.put(
        video("moon", "Dust on the Moon", "Sci/Tech", "Beach sand is round.", "Moon dust is sharp as glass."),
        video("comet", "A comet has two tails", "Sci/Tech", "Look up tonight.", "The comet grows two tails."),
        video("rocket", "How a rocket lands", "Sci/Tech", "Four legs unfold.", "The rocket lands upright."),
        video("bread", "Rye bread without kneading", "Food", "Mix flour and water.", "Bake the bread slowly."),
        video("soup", "Red lentil soup", "Food", summary="A soup from an empty fridge."),
        Article("a-space", "Probe reaches the Moon", category="Sci/Tech"),
        Article("a-food", "Bakers return to rye", category="Food"),
    )
    catalogue.readers.put([Reader(one) for one in ("astra", "baker", "newcomer")])
    catalogue.events.add(
        [
            act("astra", "moon", "view", 60, dwell_s=60.0),
            act("astra", "a-space", "click", 3000, kind="article", dwell_s=40.0),
            act("baker", "bread", "view", 10, dwell_s=30.0),
            act("baker", "a-food", "like", 20, kind="article"),
        ]
    )
    return catalogue


class PlaneRetriever:
    """Cosine in the plane, or the same score for all where a query has no vectors."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = ids
        self.queries: list[Query] = []

    def search(self, query: Query) -> Ranking:
        self.queries.append(query)
        ids = [one for one in self.ids if one not in query.exclude.union(query.filters.not_videos)]
        wanted = np.zeros(2) if query.vectors is None else query.vector_weights @ query.vectors
        leg = Ranking.of({one: float(np.dot(VECTORS[one], wanted)) for one in ids}, "dense")
        ids, scores = leg.ids[: query.k], leg.scores[: query.k]
        places = LegPlaces("dense", np.arange(1, len(ids) + 1), scores, 1.0, lambda: leg)
        return Ranking(ids, scores, "weighted", contributions={"dense": scores - leg.scores.mean()}, legs=(places,))

    def search_many(self, queries: Sequence[Query]) -> list[Ranking]:
        return [self.search(query) for query in queries]


class PlaneEncoder:
    """Space is east, everything else is north."""

    name, dim = "plane", 2

    def encode(self, texts: Sequence[str]) -> FloatArray:
        rows = [(1.0, 0.0) if "space" in text else (0.0, 1.0) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), 2)


def act(user: str, item: str, action: str, minutes_ago: float, **more: Any) -> Event:
    kind = more.pop("kind", "video")
    return Event(user, item, kind, action, NOON - timedelta(minutes=minutes_ago), **more)  # type: ignore[arg-type]


class PlaneSnapshot:
    """Methods of a snapshot that the agent calls."""

    ids = ("bread", "comet", "moon", "rocket", "soup")
    popular = {"bread": 4.0, "soup": 2.0, "moon": 1.0}  # noqa: RUF012
    popularity = np.array([4.0, 0.0, 1.0, 0.0, 2.0])
    live = np.ones(5, dtype=np.bool_)
    columns = blank_columns(5)
    links = Links.empty()
    revision = 7
    trained = Trained()
    lexicon = lexicon_of(())
    notes = ()

    def row(self, item_id: str) -> int | None:
        return self.ids.index(item_id) if item_id in self.ids else None

    def vectors_of(self, kind: str, ids: Sequence[str]) -> dict[str, FloatArray]:
        return {one: np.array(VECTORS[one], dtype=np.float32) for one in ids if one in VECTORS}


@pytest.fixture
def records() -> MemoryCatalogue:
    return small_world()


@pytest.fixture
def retriever(records: MemoryCatalogue) -> PlaneRetriever:
    return PlaneRetriever(records.videos.ids())


@pytest.fixture
def make_recommender(records: MemoryCatalogue, retriever: PlaneRetriever) -> Callable[..., Recommender]:
    """A recommender over the small world; a part may be replaced by keyword."""

    def make(**parts: Any) -> Recommender:
        def nothing() -> Any:
            raise AssertionError("this request must not load a model")

        usual = {
            "records": records,
            "retriever": retriever,
            "snapshot": PlaneSnapshot(),
            "encoder": PlaneEncoder,
            "model": nothing,
            "retrieval": RetrievalConfig(),
            "profile": ProfileConfig(),
            "rerank": RerankConfig(),
        }
        return Recommender(**{**usual, **parts})

    return make


@pytest.fixture
def make_chat(make_recommender: Callable[..., Recommender], records: MemoryCatalogue) -> Callable[..., Chat]:
    """A chat whose language model is `model`; without one, asking it is a failure of the test."""
    names = Names(lambda word: bool(records.readers.get_many([word])), ("Food", "Sci/Tech"), ("Channel",))

    def make(model: Any = None, mode: Mode = "auto") -> Chat:
        def interpreter() -> AgentInterpreter:
            if isinstance(model, Exception):
                raise model
            assert model is not None, "no message of this test needs a model"
            return AgentInterpreter(model, names)

        recommender = make_recommender(rerank=RerankConfig(weight_wish=0))
        tools = Tools(
            recommender, records, names, Feedback(records.events, records.objectives, lambda: NOON), chance=Random(7)
        )
        return Chat(
            tools=tools,
            threads=records.threads,
            names=names,
            interpreter=interpreter,
            mode=mode,
            today=lambda: date(2026, 11, 20),
        )

    return make


@pytest.fixture
def chat(make_chat: Callable[..., Chat]) -> Chat:
    return make_chat()


@pytest.fixture
def event() -> Callable[..., Event]:
    """event(user, item, action, minutes before noon, kind=, dwell_s=)."""
    return act


@pytest.fixture
def noon() -> datetime:
    return NOON
