"""Error rates of the relevance floor: texts that have a relevant document, and texts that have none.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.relevance [--queries 120] [--work reports/relevance]

Each collection holds up to five relevant documents of each of its own queries and 80 others, drawn at random. Nonsense
is invented words and random letters, and the queries of the other collection are those that it hardly answers.
"""

from __future__ import annotations

import argparse
import os
import random
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.rerank.lists import Vectors
from shortlist.agent.reader.query import text_query
from shortlist.agent.reader.topic import extract_topic
from shortlist.agent.recommend import RELEVANCE_DEPTH
from shortlist.core.config import EncoderConfig, ModelsConfig, RetrievalConfig
from shortlist.core.ranking import Filters
from shortlist.core.types import Video
from shortlist.eval.data.beir import read_beir
from shortlist.eval.data.dataset import DataSet
from shortlist.eval.data.trec import read_trec
from shortlist.eval.tasks.from_files import task_of
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.loader import load_encoder
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.segment import SegmentView, video_segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.relevance import is_about

RELEVANT_EACH, OTHERS, NONSENSE = 5, 80, 100
K = 100


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Documents, and the texts of queries for each of which some document is relevant."""

    name: str
    videos: Sequence[Video]
    texts: Sequence[str]


def collection(name: str, data: DataSet, least_grade: int, n_queries: int) -> Collection:
    """Draw `n_queries` queries that have documents of at least `least_grade`, these documents, and others."""
    draw = random.Random(0)
    relevant = {
        query: [item for item, grade in data.qrels[query.id].items() if grade >= least_grade] for query in data.queries
    }
    answered = sorted((query for query, items in relevant.items() if items), key=lambda query: query.id)
    queries = draw.sample(answered, min(n_queries, len(answered)))
    kept = {item for query in queries for item in relevant[query][:RELEVANT_EACH]}
    videos = sorted(task_of(data).videos, key=lambda video: video.id)
    kept |= {video.id for video in draw.sample(videos, OTHERS)}
    return Collection(name, [video for video in videos if video.id in kept], [query.text or "" for query in queries])


def nonsense() -> list[str]:
    """Return texts of one to three words, of random letters and of invented syllables in turn."""
    draw = random.Random(0)

    def letters() -> str:
        return "".join(draw.choices(string.ascii_lowercase, k=draw.randint(4, 9)))

    def syllables() -> str:
        return "".join(draw.choice("bdfgklmnprstvz") + draw.choice("aeiou") for _ in range(draw.randint(2, 4)))

    return [" ".join((letters, syllables)[at % 2]() for _ in range(draw.randint(1, 3))) for at in range(NONSENSE)]


class Finder:
    """A collection, searched as a home with the default settings is."""

    def __init__(self, found_in: Collection, vectors: Vectors, encoder: Encoder) -> None:
        self._encoder = encoder
        self._config = RetrievalConfig()
        rows = vectors.of([f"{video.title}\n{video.transcript.text}" for video in found_in.videos])
        self._snapshot = Snapshot("benchmark", 1, (SegmentView(video_segment(found_in.videos, rows)),))
        self._retriever = build_retriever(self._snapshot, self._config)
        self._videos = {video.id: video for video in found_in.videos}

    def finds(self, text: str) -> bool:
        """Return whether anything seems to be about `text`."""
        topic = extract_topic(text) or text
        ranking = self._retriever.search(text_query(topic, K, Filters(), self._encoder))
        found = [self._videos[item] for item in ranking.ids[:RELEVANCE_DEPTH]]
        return is_about(topic, ranking, found, self._snapshot.lexicon, self._config.relevance_floor)


def main() -> None:
    """Print a row for each collection and each kind of text."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.relevance", description=__doc__)
    parser.add_argument("--queries", type=int, default=120)
    parser.add_argument("--work", type=Path, default=Path("reports/relevance"))
    args = parser.parse_args()
    data = Path(os.environ["SHORTLIST_BENCH_DATA"]) / "eval"
    both = (
        collection("SciFact", read_beir(data / "scifact"), 1, args.queries),
        collection("DL19", read_trec(data / "trec_dl19"), 2, args.queries),
    )
    encoder, vectors = load_encoder(EncoderConfig(threads=1), ModelsConfig()), Vectors(args.work)
    table = Table("collection", "documents", "texts", "n", "about nothing", "found")
    for own, other in (both, both[::-1]):
        finder = Finder(own, vectors, encoder)
        kinds = (("with a relevant document", own.texts), ("nonsense", nonsense()), (f"of {other.name}", other.texts))
        for kind, texts in kinds:
            found = sum(map(finder.finds, texts))
            shares = (f"{len(texts) - found} ({1 - found / len(texts):.1%})", f"{found} ({found / len(texts):.1%})")
            table.add_row(own.name, str(len(own.videos)), kind, str(len(texts)), *shares)
    Console().print(table)


if __name__ == "__main__":
    main()
