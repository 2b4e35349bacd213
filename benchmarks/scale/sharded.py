"""Simulate an index that is larger than one process: its segments in two processes, behind one retriever.

    python -m benchmarks.scale.sharded [--videos 40000] [--queries 200] [--home DIR]

Each process opens some of the segments, with the term statistics of all. The retriever asks both and merges their best
by score. Its results must be those of one process over all segments, for every leg that scores videos by themselves.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.answer_cost import WINDOWS, random_texts
from benchmarks.retrieval import build_index, unit
from shortlist.core.config import EncoderConfig, RetrievalConfig
from shortlist.core.ranking import Query, Ranking
from shortlist.retrieval.build import build_leg
from shortlist.retrieval.index.index import FOLDER, open_index
from shortlist.retrieval.index.lexicon import Lexicon, lexicon_of
from shortlist.retrieval.index.manifest import MANIFEST
from shortlist.retrieval.index.segment import SegmentView
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.home import Home

PROCESSES = 2
LEGS = ("dense", "bm25", "tfidf")
CONFIG = RetrievalConfig(threads=1)


@dataclass(frozen=True, eq=False)
class Shard(Snapshot):
    """Some segments of an index, with the term statistics of all of them."""

    whole: Lexicon | None = None

    @cached_property
    def lexicon(self) -> Lexicon:
        assert self.whole is not None
        return self.whole


def serve(connection: Connection, home: Path, share: int) -> None:
    """Answer (leg, queries) with the rankings over every `PROCESSES`-th segment from `share` on."""
    parts = segments(home)
    shard = Shard("bench", 1, parts[share::PROCESSES], whole=lexicon_of(parts))
    legs = {name: build_leg(name, shard, CONFIG) for name in LEGS}
    while (asked := connection.recv()) is not None:
        name, queries = asked
        began = time.process_time()
        found = [(one.ids, one.scores) for one in legs[name].search_many(queries)]
        spent = time.process_time() - began
        connection.send((found, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3))


class Sharded:
    """Answers queries as the leg `name` over all segments does. See `Retriever`."""

    def __init__(self, name: str, shards: Sequence[Connection]) -> None:
        self._name, self._shards = name, shards
        self.core_seconds, self.peak_mb = [0.0] * len(shards), [0.0] * len(shards)

    def search(self, query: Query) -> Ranking:
        """See `Retriever`."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[Ranking]:
        """See `Retriever`. Both processes work at the same time."""
        for shard in self._shards:
            shard.send((self._name, list(queries)))
        answers = [shard.recv() for shard in self._shards]
        self.core_seconds, self.peak_mb = [one[1] for one in answers], [one[2] for one in answers]
        return [self._merged(query, found) for query, *found in zip(queries, *(one[0] for one in answers), strict=True)]

    def _merged(self, query: Query, found: Sequence[tuple[tuple[str, ...], np.ndarray]]) -> Ranking:
        pairs = [(-score, item) for ids, scores in found for item, score in zip(ids, scores.tolist(), strict=True)]
        best = sorted(pairs)[: query.k]
        return Ranking(tuple(item for _, item in best), np.array([-score for score, _ in best]), self._name)


def segments(home: Path) -> tuple[SegmentView, ...]:
    """Map the segments with videos of the index at `home`."""
    with Home.open(home) as opened:
        return open_index(home / FOLDER, opened.home_id, opened.encoder).of_kind("video")


def queries(texts: Sequence[str], vectors: np.ndarray, n: int) -> list[Query]:
    """Return `n` queries with a text and a vector each."""
    one = np.ones(1, dtype=np.float32)
    return [
        Query(k=100, text=" ".join(texts[at].split()[:8]), vectors=vectors[at][None], vector_weights=one)
        for at in range(n)
    ]


def main() -> None:
    """Make the home, compare, and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--videos", type=int, default=40_000)
    options.add_argument("--queries", type=int, default=200)
    options.add_argument("--home", type=Path, default=Path("build/sharded"))
    chosen = options.parse_args()
    texts, vectors = random_texts(), unit(np.random.default_rng(0).normal(size=(WINDOWS, 384)))
    with Home.open(chosen.home, EncoderConfig().name) as home:
        if not (chosen.home / FOLDER / MANIFEST).exists():
            build_index(home, texts, vectors, chosen.videos)
    whole, asked = Snapshot("bench", 1, segments(chosen.home)), queries(texts, vectors, chosen.queries)
    start = multiprocessing.get_context("spawn")
    pipes = [start.Pipe() for _ in range(PROCESSES)]
    workers = [
        start.Process(target=serve, args=(theirs, chosen.home, at)) for at, (_, theirs) in enumerate(pipes)
    ]  # fmt: skip
    for worker in workers:
        worker.start()
    table = Table("leg", "equal", "core-ms a query, one process", "each of two", "peak MB of each")
    for name in LEGS:
        leg, sharded = build_leg(name, whole, CONFIG), Sharded(name, [ours for ours, _ in pipes])
        began = time.process_time()
        expected = leg.search_many(asked)
        spent = time.process_time() - began
        pairs = zip(expected, sharded.search_many(asked), strict=True)
        equal = sum(one.ids == other.ids and np.allclose(one.scores, other.scores, atol=1e-5) for one, other in pairs)
        each = " and ".join(f"{1000 * share / len(asked):.1f}" for share in sharded.core_seconds)
        peak = " and ".join(f"{mb:.0f}" for mb in sharded.peak_mb)
        table.add_row(name, f"{equal} of {len(asked)}", f"{1000 * spent / len(asked):.1f}", each, peak)
    for ours, _ in pipes:
        ours.send(None)
    Console().print(f"{len(whole):,} videos in {len(whole.parts)} segments", table)


if __name__ == "__main__":
    main()
