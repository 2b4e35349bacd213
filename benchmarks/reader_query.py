"""Variants of a reader's query: several interests against the nearest liked items, and the cost of pruned terms.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.reader_query [--set mind_llm4rec1000] [--queries N] [--work DIR]

Interests are clusters of the reader's liked items by Ward's method on their unit vectors (as in Pal et al., PinnerSage,
2020), each the weighted mean of its members. A candidate's score is its similarity to the nearest interest, or the sum
over the nearest ones. Terms are pruned in the whole default retrieval, all legs.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.cluster.hierarchy import fcluster, linkage

from benchmarks.rerank.lists import Vectors
from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader import query
from shortlist.agent.reader.profile import build_profile
from shortlist.agent.reader.query import profile_query
from shortlist.core.config import ProfileConfig, RetrievalConfig
from shortlist.core.ranking import Filters, FloatArray, Query, Ranking
from shortlist.core.types import Reader
from shortlist.eval.data.mind import read_mind
from shortlist.eval.data.watches import read_watches
from shortlist.eval.metrics.scores import score
from shortlist.eval.stats.significance import compare
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.tasks.task import Task
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.segment import SegmentView, video_segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.catalogue.results import Activity

SETS = {"mind_nov9to12": "nDCG@10", "mind_llm4rec1000": "nDCG@10", "microlens": "HR@10"}
BATCH = 250
TERMS = (4, 8, 16, 32, 64, 100_000)
Change = Callable[[Query], Query]


def interests(query: Query, most: int, distance: float | None = None) -> Query:
    """Replace the vectors of `query` by the means of at most `most` clusters, or of clusters below `distance`."""
    vectors, weights = query.vectors, query.vector_weights
    if vectors is None or weights is None or len(vectors) <= 2:
        return query
    tree = linkage(vectors, "ward")
    labels = fcluster(tree, distance, "distance") if distance else fcluster(tree, most, "maxclust")
    means, shares = [], []
    for label in np.unique(labels):
        members = labels == label
        mean = (vectors[members] * weights[members, None]).sum(axis=0)
        means.append(mean / np.linalg.norm(mean))
        shares.append(weights[members].sum())
    return replace(query, vectors=np.array(means, dtype=np.float32), vector_weights=np.array(shares, np.float32))


def equal_weights(query: Query) -> Query:
    """Give all vectors the same weight."""
    weights = query.vector_weights
    return query if weights is None else replace(query, vector_weights=np.ones_like(weights))


def nearest(change: Change) -> Change:
    """Score by similarity only, whatever an interest's share of the history."""
    return lambda query: equal_weights(change(query))


METHODS: dict[str, tuple[int, Change]] = {
    "nearest 5 of all (shipped)": (5, lambda query: query),
    "nearest 1 of all, equal weights": (1, equal_weights),
    "one mean vector": (1, lambda query: interests(query, 1)),
    "nearest of 2 interests": (1, nearest(lambda query: interests(query, 2))),
    "nearest of 3 interests": (1, nearest(lambda query: interests(query, 3))),
    "nearest of 5 interests": (1, nearest(lambda query: interests(query, 5))),
    "nearest of 8 interests": (1, nearest(lambda query: interests(query, 8))),
    "2 nearest of 5 interests": (2, nearest(lambda query: interests(query, 5))),
    "3 nearest of 8 interests": (3, nearest(lambda query: interests(query, 8))),
    "3 nearest of 8 interests, by their share": (3, lambda query: interests(query, 8)),
    "nearest interest, clusters at distance 1": (1, nearest(lambda query: interests(query, 0, 1.0))),
}


def queries_of(task: Task, snapshot: Snapshot, items: ItemBatch) -> Iterator[tuple[str, Query]]:
    """Yield each query's id and its reader as a query."""
    for request in task.data.queries:
        events = task.history(request)
        profile = build_profile(Reader(request.id), events, Activity.of(events), items, ProfileConfig())
        search = profile_query(profile, 10, Filters(include_seen=request.candidates is not None), snapshot.vectors_of)
        candidates = frozenset(request.candidates) if request.candidates else None
        yield request.id, replace(search, k=len(request.candidates or ()) or 10, only=candidates)


def ranked(
    task: Task, snapshot: Snapshot, items: ItemBatch, config: RetrievalConfig, change: Change
) -> dict[str, Ranking]:
    retriever = build_retriever(snapshot, config)
    queries = [(query_id, change(query)) for query_id, query in queries_of(task, snapshot, items)]
    rankings: dict[str, Ranking] = {}
    for start in range(0, len(queries), BATCH):
        batch = queries[start : start + BATCH]
        results = retriever.search_many([query for _, query in batch])
        rankings.update(zip([query_id for query_id, _ in batch], results, strict=True))
    return rankings


def show(task: Task, metric: str, runs: dict[str, dict[str, Ranking]], base: str, title: str) -> dict[str, object]:
    """Print and return the mean of each run, and its difference from `base` with interval and paired test."""
    scores = {name: score(task.data, run)[metric] for name, run in runs.items()}
    table, figures = Table("", metric, "against", "low", "high", "p", title=title), {}
    for name, values in scores.items():
        test = compare(values, scores[base], seed=0)
        row = [values.mean(), values.mean() - scores[base].mean(), test.difference.low, test.difference.high, test.p]
        table.add_row(name, *(f"{value:.4f}" for value in row))
        figures[name] = row
    Console(width=120).print(table)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=SETS, default="mind_llm4rec1000")
    parser.add_argument("--queries", type=int, help="number of readers, drawn at random (default: all)")
    parser.add_argument("--work", type=Path, default=Path("reports/reader_query"), help="folder of vectors")
    args = parser.parse_args()
    folder = Path(os.environ["SHORTLIST_BENCH_DATA"]) / "eval" / args.set
    task = task_of(read_watches(folder) if args.set == "microlens" else read_mind(folder))
    task = task if args.queries is None else task.sampled(args.queries, seed=0)
    items = ItemBatch.of(task.videos)
    rows: FloatArray = Vectors(args.work).of([f"{video.title}\n{video.transcript.text}" for video in task.videos])
    snapshot = Snapshot("benchmark", 1, (SegmentView(video_segment(task.videos, rows)),))
    metric = SETS[args.set]
    dense = {
        name: ranked(task, snapshot, items, RetrievalConfig(weights={"dense": 1.0}, dense_top=top), change)
        for name, (top, change) in METHODS.items()
    }
    figures = {"interests": show(task, metric, dense, next(iter(METHODS)), f"{args.set}: dense alone")}
    pruned = {}
    for query.MAX_TERMS in TERMS:
        pruned[f"{query.MAX_TERMS} terms"] = ranked(task, snapshot, items, RetrievalConfig(), lambda one: one)
    figures["terms"] = show(task, metric, pruned, f"{TERMS[-1]} terms", f"{args.set}: all legs, terms pruned")
    (args.work / f"{args.set}.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
