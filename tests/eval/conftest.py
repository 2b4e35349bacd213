"""A tiny data set, and factories that need no weights: words as vectors, a model that answers from a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.agent.reader.records import Records
from shortlist.agent.recommend import Recommender
from shortlist.core.config import Config
from shortlist.eval.factories import Factories
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.llm.language_model import ChoiceScores, Completion, LanguageModel, Message, Schema
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.act_log import ActLog
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.home import Home

TOPICS = {
    "space": ("moon", "comet", "rocket", "orbit"),
    "bread": ("rye", "yeast", "oven", "crust"),
    "music": ("guitar", "chord", "drum", "song"),
}


class TopicEncoder:
    """One dimension a topic, counting its words, and one for everything else."""

    name, dim = "topics", len(TOPICS) + 1

    def encode(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        rows = [
            [sum(text.lower().count(word) for word in words) for words in TOPICS.values()] + [0.1] for text in texts
        ]
        array = np.array(rows, dtype=np.float32).reshape(len(texts), self.dim)
        return array / np.linalg.norm(array, axis=1, keepdims=True)


def factories_of(encoder: Encoder, model: Callable[[], LanguageModel]) -> Factories:
    """Factories that use `encoder` and `model`, whatever the configuration names."""

    def recommender(home: Home, config: Config, records: Records, log: ActLog | None = None) -> Recommender:
        snapshot = load_snapshot(home, config.retrieval)
        snapshot = snapshot if log is None else replace(snapshot, log=log)
        return Recommender(
            records=records,
            snapshot=snapshot,
            retriever=build_retriever(snapshot, config.retrieval),
            encoder=lambda: encoder,
            model=model,
            retrieval=config.retrieval,
            profile=config.profile,
            rerank=config.rerank,
        )

    return Factories(lambda config: lambda: encoder, recommender, lambda config: Home.open(config.home))


class LengthModel:
    """A language model that scores by the length of the question. `calls` counts its calls."""

    name, max_choices = "length", 20

    def __init__(self) -> None:
        self.calls = 0

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        self.calls += 1
        return ChoiceScores(np.array([len(messages[-1].content) % 7, 0.0]), (False, False), 10)

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        raise AssertionError("no method of these tests completes")


def no_model() -> LanguageModel:
    raise AssertionError("this variant must not load a model")


@pytest.fixture(scope="session")
def factories() -> Factories:
    return factories_of(TopicEncoder(), no_model)


@pytest.fixture(scope="session")
def make_factories() -> Callable[[Callable[[], LanguageModel]], Factories]:
    """Factories with the given language model."""
    return lambda model: factories_of(TopicEncoder(), model)


@pytest.fixture
def length_model() -> LengthModel:
    return LengthModel()


@pytest.fixture(scope="session")
def make_config() -> Callable[[Path], Config]:
    """A configuration whose cache is the given folder."""
    return lambda cache: Config.model_validate({"encoder": {"name": "topics"}, "eval": {"cache": cache}})


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all tests that only read what they measured."""
    return tmp_path_factory.mktemp("eval-cache")


@pytest.fixture(scope="session")
def config(cache: Path, make_config: Callable[[Path], Config]) -> Config:
    return make_config(cache)


@pytest.fixture(scope="session")
def data_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The SPEC kinds `beir` and `watches` with 24 documents on three topics: 12 queries, 10 readers."""
    root = tmp_path_factory.mktemp("data")
    documents = [
        (f"{topic}{number}", f"{words[number % 4]} {number}", " ".join(words[: number % 3 + 2]))
        for topic, words in TOPICS.items()
        for number in range(8)
    ]
    return {"beir": _beir(root / "beir" / "tiny", documents), "watches": _watches(root / "watches" / "tiny", documents)}


def _beir(folder: Path, documents: Sequence[tuple[str, str, str]]) -> Path:
    (folder / "qrels").mkdir(parents=True)
    corpus = [{"_id": item, "title": title, "text": text} for item, title, text in documents]
    queries = [(f"{topic}-q{number}", topic, words[number]) for topic, words in TOPICS.items() for number in range(4)]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus))
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": query, "text": word}) + "\n" for query, _, word in queries)
    )
    judged = [
        f"{query}\t{item}\t{2 if word in title else 1}\n"
        for query, topic, word in queries
        for item, title, _ in documents
        if item.startswith(topic)
    ]
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(judged))
    return folder


def _watches(folder: Path, documents: Sequence[tuple[str, str, str]]) -> Path:
    folder.mkdir(parents=True)
    (folder / "items.csv").write_text("item,title\n" + "".join(f"{item},{title}\n" for item, title, _ in documents))
    topics = list(TOPICS)
    lines = []
    for number in range(10):
        topic = topics[number % 3]
        watched = [f"{topic}{(number + step) % 8}" for step in range(2 + number % 4)]
        lines.append(f"u{number}\t{' '.join(watched)}\n")
    (folder / "watches.tsv").write_text("".join(lines))
    return folder
