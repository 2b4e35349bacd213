"""CPU time of the trained legs and the ranker for one reader, over many made-up videos.

    python -m benchmarks.learned [--documents 1000000]

Towers, weights and events are random: the time of an answer does not depend on what was learned.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.retrieval import build_index, load, seconds, speed, unit
from shortlist.core.config import RetrievalConfig
from shortlist.core.legs import LEGS
from shortlist.core.ranking import FloatArray, Query
from shortlist.core.types import HistoryItem, Profile
from shortlist.models.towers.item_tower import ACTS, AGES, LAST, ItemTower
from shortlist.retrieval.build import build_leg, build_retriever
from shortlist.retrieval.index.act_log import ActLog
from shortlist.retrieval.index.background_merge import merge_in_background
from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.learned_fusion.fusion import LearnedFusion
from shortlist.retrieval.legs.tower_rows import tower_cells
from shortlist.retrieval.trained.logistic_ranker import LogisticRanker
from shortlist.retrieval.trained.versions import Trained
from shortlist.store.home import Home

DIM = 64  # of the texts' vectors; the dense leg has its own benchmark
TOPICS = 300
START = datetime(2026, 1, 1, tzinfo=UTC)
READERS, LIKED = 40, 20
ACTS_LOGGED = 200_000


def topics(n: int, d: int, draw: np.random.Generator) -> FloatArray:
    """Return float32[n, d] of `TOPICS` clusters, as trained vectors have."""
    centres = draw.normal(size=(TOPICS, d))
    return unit(centres[draw.integers(TOPICS, size=n)] + 0.7 * draw.normal(size=(n, d)))


def tower(ids: tuple[str, ...], d: int, seed: int) -> ItemTower:
    draw = np.random.default_rng(seed)
    table, ones = topics(len(ids), d, draw), np.ones(LAST, np.float32)
    bias, none = draw.normal(size=len(ids)).astype(np.float32), np.empty((0, d), np.float32)
    made = ItemTower(ids, table, table, bias, ones, ones[:ACTS], ones[:AGES], none, none, np.zeros(1, np.float32))
    return replace(made, cells=tower_cells(made))


def watches(n: int, draw: np.random.Generator) -> Iterator[list[tuple[str, int]]]:
    for _ in range(ACTS_LOGGED // LIKED):
        yield [(name(number), 1) for number in draw.integers(n, size=LIKED).tolist()]


def name(number: int) -> str:
    return f"bench:{number:08d}"


def log(n: int, draw: np.random.Generator) -> ActLog:
    moments = np.sort(draw.integers(7 * 86_400_000_000, size=ACTS_LOGGED)).tolist()
    shown = draw.integers(n, size=ACTS_LOGGED).tolist()
    return ActLog.of(
        (name(one), at, place % 10 == 0) for place, (one, at) in enumerate(zip(shown, moments, strict=True))
    )


def queries(vectors: FloatArray, n: int, draw: np.random.Generator) -> list[Query]:
    made = []
    for _ in range(READERS):
        numbers = draw.integers(n, size=LIKED).tolist()
        liked = tuple(
            HistoryItem(name(one), "video", "view", START - timedelta(hours=at), 20.0, "", None, 1 / LIKED)
            for at, one in enumerate(numbers)
        )
        rows = vectors[draw.integers(len(vectors), size=LIKED)]
        weights = np.full(LIKED, 1 / LIKED, np.float32)
        made.append(Query(k=20, vectors=rows, vector_weights=weights, profile=Profile("u", liked)))
    return made


def ranker(snapshot: Snapshot, query: Query, config: RetrievalConfig) -> LogisticRanker:
    """Return a ranker with a weight for every feature."""
    depths = {name: leg.ranker_depth for name, leg in LEGS.items() if leg.ranker_depth}
    collecting = replace(snapshot, trained=replace(snapshot.trained, ranker=LogisticRanker((), (), (), (), depths)))
    fusion = LearnedFusion(collecting, {leg: build_leg(leg, collecting, config) for leg in depths}, config)
    features = tuple(sorted(fusion.lists([query])[0].values))
    ones = (1.0,) * len(features)
    return LogisticRanker(features, ones, ones, ones, depths)


def measure(home: Home, vectors: FloatArray, n: int) -> dict[str, float]:
    draw, config, found = np.random.default_rng(1), RetrievalConfig(), dict[str, float]()
    plain = replace(load(home), links=Links.empty().updated(watches(n, draw), 1), log=log(n, draw))
    readers, ids, towers = queries(vectors, n, draw), tuple(map(name, range(n))), dict[str, ItemTower]()
    for leg, d in (("tower", 96), ("svd", 256)):
        found[f"{leg}: make, s"] = seconds(lambda leg=leg, d=d: towers.update({leg: tower(ids, d, d)}))
    snapshot = replace(plain, trained=Trained("bench", towers))
    for leg in ("tower", "svd", "clicks"):
        found |= speed(build_leg(leg, snapshot, config), readers, leg)
    found |= speed(build_retriever(plain, config), readers, "shipped weights")
    trained = replace(snapshot, trained=Trained("bench", towers, ranker(snapshot, readers[0], config)))
    found |= speed(build_retriever(trained, config), readers, "ranker")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    args = parser.parse_args()
    vectors = topics(4_000, DIM, np.random.default_rng(0))
    texts = [f"word{number % 499} word{number % 997} word{number % 89}" for number in range(len(vectors))]
    with tempfile.TemporaryDirectory() as scratch, Home.open(Path(scratch), "bench") as home:
        build_index(home, texts, vectors, args.documents)
        merge_in_background(home)
        figures = measure(home, vectors, args.documents)
    table = Table("what", "figure", title=f"One reader, {args.documents:,} videos")
    for what, value in figures.items():
        table.add_row(what, f"{value:,.3g}" if value < 1000 else f"{value:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
