"""The dense leg: recall and cost of its IVF-PQ index, and the exact scan's speed against that of the memory.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.dense [--documents 100000] [--out reports/dense.json]

Vectors are mixtures of embeddings of real text. Readers liked 20 items, of three topics or of any.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.retrieval import core_seconds, embedded, real_queries, real_windows, unit
from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import FloatArray, Query
from shortlist.core.stuffing import Sifted
from shortlist.core.types import Kind
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.columns import blank_columns
from shortlist.retrieval.index.postings import count_terms
from shortlist.retrieval.index.segment import Segment, SegmentView
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.dense import Dense
from shortlist.retrieval.vectors.ivf import IvfPq, build_ivf
from shortlist.retrieval.vectors.threads import one_blas_thread

K, LIKED = 100, 20
VIDEO: Kind = "video"


def legs(vectors: FloatArray) -> tuple[Dense, Dense, float]:
    """Return the leg with an IVF-PQ index and without one, and the core-seconds for building the index."""
    n = len(vectors)
    ids = [f"{row:08d}" for row in range(n)]
    plain = Segment(VIDEO, ids, vectors, blank_columns(n), count_terms([Sifted("", "")] * n))
    began = time.process_time()
    packed = build_ivf(vectors)
    spent = time.process_time() - began
    assert packed is not None
    celled = Segment(VIDEO, ids, vectors, plain.columns, plain.postings, IvfPq(packed, n))
    config = RetrievalConfig(threads=1)
    with_cells, without = (Dense(Snapshot("bench", 1, (SegmentView(one),)), config) for one in (celled, plain))
    return with_cells, without, spent


def readers(windows: FloatArray, topics: int | None, n: int) -> list[Query]:
    """Return `n` readers who liked `LIKED` windows near `topics` random ones, or any windows; new ones weigh most."""
    draw = np.random.default_rng(5)
    near = np.argsort(-(windows @ windows.T), axis=1)[:, :15]
    found = []
    for _ in range(n):
        if topics is None:
            liked = draw.integers(0, len(windows), LIKED)
        else:
            liked = np.concatenate([draw.choice(near[one], 7, False) for one in draw.integers(0, len(windows), topics)])
        weights = np.geomspace(1, 0.1, len(liked[:LIKED])).astype(np.float32)
        found.append(Query(k=K, vectors=windows[liked[:LIKED]], vector_weights=weights / weights.sum()))
    return found


def compare_legs(leg: Dense, exact: Dense, queries: Sequence[Query], share: float | None) -> dict[str, float]:
    """Return the recall of the exact best `K`, and core-milliseconds of both; a filter passes `share` of the rows."""
    draw = np.random.default_rng(2)
    mask = None if share is None else draw.random(len(leg.snapshot)) < share
    filters = [AllowedRows(mask)]

    def one(which: Dense, query: Query) -> set[str]:
        return set(which.answer([query], filters)[0].ids)

    one(leg, queries[0])
    pairs = [(one(leg, query), one(exact, query)) for query in queries]
    return {
        "recall@100": statistics.mean(len(found & best) / len(best) for found, best in pairs),
        "cells, core-ms": each(lambda query: one(leg, query), queries),
        "exact, core-ms": each(lambda query: one(exact, query), queries),
    }


def each(work: Callable[[Query], object], queries: Sequence[Query]) -> float:
    return 1000 * statistics.median(core_seconds(lambda query=query: work(query)) for query in queries)  # type: ignore[misc]


def bandwidth(vectors: FloatArray) -> dict[str, float]:
    """Return the GB/s at which one core reads the vectors, in a sum and in the product with one vector."""
    size = vectors.nbytes / 1e9
    with one_blas_thread():
        read = min(core_seconds(lambda: vectors.sum()) for _ in range(3))
        product = min(core_seconds(lambda: vectors @ vectors[0]) for _ in range(3))
    return {"read by a sum, GB/s": size / read, "read by the exact product, GB/s": size / product}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--windows", type=int, default=4_000, help="real windows to encode and mix")
    parser.add_argument("--out", type=Path, default=Path("reports/dense.json"))
    args = parser.parse_args()
    data = Path(os.environ["SHORTLIST_BENCH_DATA"])
    cache = args.out.parent / "bench-vectors"
    _, windows = real_windows(data, cache, args.windows)
    query_vectors = embedded(real_queries(data), cache, "queries")
    draw = np.random.default_rng(0)
    one, other = draw.integers(0, len(windows), (2, args.documents))
    share = draw.uniform(0.6, 1.0, (args.documents, 1)).astype(np.float32)
    vectors = unit(share * windows[one] + (1 - share) * windows[other])
    leg, exact, spent = legs(vectors)
    figures: dict[str, dict[str, float]] = {"cells": {"made in, core-s": spent}, "memory": bandwidth(vectors)}
    text_queries = [Query(k=K, vectors=one[None], vector_weights=np.ones(1, np.float32)) for one in query_vectors]
    for name, queries in {
        "a text": text_queries,
        "a reader of three topics": readers(windows, 3, 40),
        "a reader of anything": readers(windows, None, 40),
    }.items():
        for passing in (None, 0.5, 0.1, 0.01):
            label = name if passing is None else f"{name}, {passing:.0%} pass"
            figures[label] = compare_legs(leg, exact, queries[:60], passing)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"documents": args.documents, **figures}, indent=2), encoding="utf-8")
    table = Table("what", "figure", "", title=f"Dense leg over {args.documents:,} vectors")
    for label, found in figures.items():
        for what, value in found.items():
            table.add_row(label, what, f"{value:,.4g}")
    Console().print(table)


if __name__ == "__main__":
    main()
