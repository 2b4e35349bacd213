"""Hybrid queries against LangChain's EnsembleRetriever (BM25Retriever and Chroma) over the same documents and vectors.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.ensemble [--documents 100000] [--out reports/ensemble.json]

Needs the extra `bench`. Overlap is the share of the ten best that the same method finds with an exact dense search.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.retrieval import (
    build_index,
    core_seconds,
    embedded,
    load,
    real_queries,
    real_windows,
    seconds,
    text_queries,
    videos,
)
from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import FloatArray, Query
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.background_merge import merge_in_background
from shortlist.retrieval.index.segment import SegmentView
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.retriever import Retriever
from shortlist.store.home import Home

K, DEPTH = 10, 100


def ensemble(texts: Sequence[str], vectors: FloatArray, query_vectors: Mapping[str, FloatArray], k: int) -> Any:
    """Build EnsembleRetriever over BM25Retriever and Chroma with `vectors`; `query_vectors` are by text."""
    import chromadb
    from langchain_chroma import Chroma
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever
    from langchain_core.embeddings import Embeddings

    class Stored(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise NotImplementedError

        def embed_query(self, text: str) -> list[float]:
            return list(map(float, query_vectors[text]))

    client = chromadb.EphemeralClient()
    collection = client.create_collection("videos", metadata={"hnsw:space": "cosine"})
    for start in range(0, len(texts), 5000):
        part = slice(start, start + 5000)
        ids = [str(at) for at in range(start, start + len(texts[part]))]
        collection.add(ids, embeddings=vectors[part], documents=list(texts[part]))
    dense = Chroma(client=client, collection_name="videos", embedding_function=Stored())
    words = BM25Retriever.from_texts(list(texts), k=k)
    return EnsembleRetriever(retrievers=[words, dense.as_retriever(search_kwargs={"k": k})], weights=[0.5, 0.5])


def exact_ensemble(peer: Any, texts: Sequence[str], vectors: FloatArray, text: str, vector: FloatArray) -> list[str]:
    """Return the ten best texts of the same fusion (1 / (60 + rank), equal weights) over an exact dense list."""
    words = [document.page_content for document in peer.retrievers[0].invoke(text)]
    near = [texts[at] for at in np.argsort(-(vectors @ vector))[:DEPTH].tolist()]
    scores: dict[str, float] = {}
    for ranked in (words, near):
        for rank, one in enumerate(ranked, 1):
            scores[one] = scores.get(one, 0.0) + 0.5 / (60 + rank)
    return sorted(scores, key=lambda one: -scores[one])[:K]


def without_cells(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot of the same rows that is scanned exactly."""
    parts = []
    for part in snapshot.parts:
        one = part.segment
        parts.append(SegmentView(type(one)(one.kind, one.ids, one.vectors, one.columns, one.postings), part.dead))
    return Snapshot(snapshot.home_id, snapshot.revision, tuple(parts), popular=snapshot.popular)


def timed(work: Callable[[int], object], n: int) -> dict[str, float]:
    """Return median milliseconds of `work(0)` to `work(n - 1)`, elapsed and of CPU time."""
    work(0)
    return {
        name: 1000 * statistics.median(clock(lambda at=at: work(at)) for at in range(n))  # type: ignore[misc]
        for name, clock in {"p50, ms": seconds, "p50, core-ms": core_seconds}.items()
    }


def overlap(found: Sequence[Sequence[str]], best: Sequence[Sequence[str]]) -> float:
    return statistics.mean(len(set(one) & set(other)) / len(other) for one, other in zip(found, best, strict=True))


def measure_shortlist(snapshot: Snapshot, queries: Sequence[Query]) -> dict[str, float]:
    config = RetrievalConfig()
    found: Retriever = build_retriever(snapshot, config)
    exact = build_retriever(without_cells(snapshot), config)
    figures = timed(lambda at: found.search(queries[at]), len(queries))
    both = [[one.search(query).ids[:K] for query in queries] for one in (found, exact)]
    batch = list(queries) * 4
    return figures | {
        "batched, queries/core-s": len(batch) / core_seconds(lambda: found.search_many(batch)),
        "batched, queries/s": len(batch) / seconds(lambda: found.search_many(batch)),
        "overlap@10 with exact": overlap(both[0], both[1]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--windows", type=int, default=4_000, help="real windows to encode and mix")
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path("reports/ensemble.json"))
    args = parser.parse_args()
    data = Path(os.environ["SHORTLIST_BENCH_DATA"])
    cache = args.out.parent / "bench-vectors"
    chosen, windows = real_windows(data, cache, args.windows)
    queries = real_queries(data)
    query_vectors = embedded(queries, cache, "queries")[: args.queries]
    queries = queries[: args.queries]
    with tempfile.TemporaryDirectory() as scratch, Home.open(Path(scratch), "bench") as home:
        build_index(home, chosen, windows, args.documents)
        merge_in_background(home)
        figures = {"shortlist": measure_shortlist(load(home), text_queries(queries, query_vectors))}
    made = list(videos(chosen, windows, args.documents))
    texts = [f"{video.title} {video.description}" for chunk, _ in made for video in chunk]
    vectors = np.concatenate([mixed for _, mixed in made])
    peer = ensemble(texts, vectors, dict(zip(queries, query_vectors, strict=True)), DEPTH)
    figures["EnsembleRetriever"] = timed(lambda at: peer.invoke(queries[at]), len(queries))
    found = [[one.page_content for one in peer.invoke(text)[:K]] for text in queries]
    best = [exact_ensemble(peer, texts, vectors, *one) for one in zip(queries, query_vectors, strict=True)]
    figures["EnsembleRetriever"]["overlap@10 with exact"] = overlap(found, best)
    figures["ratio"] = {
        name: figures["EnsembleRetriever"][name] / figures["shortlist"][name] for name in ("p50, ms", "p50, core-ms")
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"documents": args.documents, **figures}, indent=2), encoding="utf-8")
    table = Table("who", "what", "figure", title=f"Hybrid queries over {args.documents:,} documents")
    for who, values in figures.items():
        for what, value in values.items():
            table.add_row(who, what, f"{value:,.4g}")
    Console().print(table)


if __name__ == "__main__":
    main()
