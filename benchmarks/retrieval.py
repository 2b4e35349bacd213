"""Speed, memory and freshness of retrieval over many videos of real text.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.retrieval [--documents 100000] [--out reports/retrieval.json]

The texts are windows of real corpora with some words exchanged, and the vectors are mixtures of the windows'
embeddings, repeated and perturbed up to the requested size.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from shortlist.core.config import EncoderConfig, ModelsConfig, RetrievalConfig
from shortlist.core.ranking import Filters, FloatArray, Query
from shortlist.core.types import Attributed, Enrichment, HistoryItem, Profile, Video
from shortlist.retrieval.analysis import terms
from shortlist.retrieval.build import build_leg, build_retriever
from shortlist.retrieval.index.background_merge import merge_in_background
from shortlist.retrieval.index.index import FOLDER, Index, IndexWriter, empty_index, open_index
from shortlist.retrieval.index.segment import video_segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.retriever import Retriever
from shortlist.store.home import Home

WORDS = 80
CHUNK = 20_000
ADDITIONS = 100
START = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORIES = [f"category {number}" for number in range(18)]


def real_texts(data: Path) -> list[str]:
    """Return windows of at most `WORDS` words over the documents of SciFact and TREC DL19."""
    windows: dict[str, None] = {}
    for name in ("scifact", "trec_dl19"):
        for line in (data / "eval" / name / "corpus.jsonl").open(encoding="utf-8"):
            record = json.loads(line)
            words = f"{record['title']} {record['text']}".split()
            windows.update(dict.fromkeys(" ".join(words[at : at + WORDS]) for at in range(0, len(words), WORDS)))
    return [text for text in windows if text.count(" ") > WORDS // 3]


def real_queries(data: Path) -> list[str]:
    """Return the questions of TREC DL19 and claims of SciFact."""
    claims = [json.loads(line)["text"] for line in (data / "eval/scifact/queries.jsonl").open(encoding="utf-8")]
    questions = (data / "eval/trec_dl19/queries.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[1] for line in questions] + claims[:160]


def embedded(texts: Sequence[str], cache: Path, name: str) -> FloatArray:
    """Return the vectors of `texts`, cached in the folder `cache`."""
    path = cache / f"{name}-{len(texts)}.npy"
    if not path.exists():
        from shortlist.models.encoders.loader import load_encoder

        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, load_encoder(EncoderConfig(max_chunks=1), ModelsConfig()).encode(texts))
    return np.asarray(np.load(path), dtype=np.float32)


def real_windows(data: Path, cache: Path, n: int) -> tuple[list[str], FloatArray]:
    """Return `n` real texts, drawn with a fixed seed, and their vectors, float32[n, d]."""
    texts = real_texts(data)
    chosen = [texts[at] for at in np.random.default_rng(0).permutation(len(texts))[:n]]
    return chosen, embedded(chosen, cache, "windows")


def unit(rows: np.ndarray[Any, Any]) -> FloatArray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def videos(
    texts: Sequence[str], vectors: FloatArray, n: int, first: int = 0
) -> Iterator[tuple[list[Video], FloatArray]]:
    """Yield `n` videos in chunks, with their vectors. Words and vector mix one real window with part of another."""
    for start in range(first, first + n, CHUNK):
        draw = np.random.default_rng(start)
        size = min(CHUNK, first + n - start)
        one, other = draw.integers(0, len(vectors), (2, size))
        share = draw.uniform(0.6, 1.0, (size, 1)).astype(np.float32)
        mixed = unit(share * vectors[one] + (1 - share) * vectors[other])
        made = [video(start + at, texts[one[at]], texts[other[at]], float(share[at, 0]), draw) for at in range(size)]
        yield made, mixed


def video(number: int, one: str, other: str, share: float, draw: np.random.Generator) -> Video:
    kept, added = one.split(), other.split()
    words = kept[: int(share * len(kept))] + added[: int((1 - share) * len(added))]
    return Video(
        id=f"bench:{number:08d}",
        title=" ".join(words[:8]),
        description=" ".join(words[8:]),
        channel=f"channel {number % 997}",
        duration_s=float(draw.exponential(40)),
        published=START + timedelta(minutes=number),
        language="en" if number % 10 else "de",
        enrichment=Enrichment(category=Attributed(CATEGORIES[number % len(CATEGORIES)], "given")),
    )


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def core_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of all threads, which other programs on the machine hardly change."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def speed(retriever: Retriever, queries: Sequence[Query], name: str) -> dict[str, float]:
    """Return milliseconds of single queries, elapsed and of CPU time, and queries a core-second in batches."""
    retriever.search(queries[0])
    singly = {
        unit: 1000 * statistics.median(clock(lambda query=query: retriever.search(query)) for query in queries)
        for unit, clock in {"p50, ms": seconds, "p50, core-ms": core_seconds}.items()
    }
    batched = len(queries) / core_seconds(lambda: retriever.search_many(queries))
    return {f"{name}: {unit}": value for unit, value in {**singly, "batched, queries/core-s": batched}.items()}


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() / 2**20


def build_index(home: Home, texts: Sequence[str], vectors: FloatArray, n: int) -> float:
    """Build the index and return the seconds of indexing, without those of making the videos."""
    writer = IndexWriter(home.path / FOLDER, empty_index(home.home_id, home.encoder))
    spent = 0.0
    for made, mixed in videos(texts, vectors, n):
        spent += seconds(lambda made=made, mixed=mixed: writer.add(video_segment(made, mixed)))
    return spent + seconds(lambda: writer.commit(1))


def load(home: Home) -> Snapshot:
    index: Index = open_index(home.path / FOLDER, home.home_id, home.encoder)
    popular = {f"bench:{number:08d}": float(number % 50) for number in range(0, 20_000, 7)}
    return Snapshot(home.home_id, index.manifest.revision, index.of_kind("video"), popular=popular)


def text_queries(texts: Sequence[str], vectors: FloatArray, **more: Any) -> list[Query]:
    one = np.ones(1, dtype=np.float32)
    return [
        Query(k=20, text=text, vectors=vector[None], vector_weights=one, **more)
        for text, vector in zip(texts, vectors, strict=True)
    ]


def profile_queries(texts: Sequence[str], vectors: FloatArray, n: int = 40, liked: int = 20) -> list[Query]:
    """Return `n` readers as queries: the vectors of `liked` items, and 32 terms of their titles."""
    draw = np.random.default_rng(9)
    read = HistoryItem("a", "article", "click", START, None, "", None, 1.0)
    made = []
    for _ in range(n):
        chosen = draw.integers(0, len(vectors), liked)
        words = [term for at in chosen for term in terms(" ".join(texts[at].split()[:8]))][:32]
        shares = dict(zip(draw.choice(CATEGORIES, 4, replace=False), (0.4, 0.3, 0.2, 0.1), strict=True))
        weights = np.geomspace(1, 0.1, liked).astype(np.float32)
        made.append(
            Query(
                k=20,
                terms=tuple(dict.fromkeys((word, 1 / 32) for word in words)),
                vectors=vectors[chosen],
                vector_weights=weights / weights.sum(),
                profile=Profile("u", (read,), {str(name): share for name, share in shares.items()}),
            )
        )
    return made


def measure(
    home: Home, texts: Sequence[str], vectors: FloatArray, questions: list[str], cache: Path
) -> dict[str, float]:
    found: dict[str, float] = {}
    config = RetrievalConfig()
    snapshot = load(home)
    found["load: map and read ids, s"] = seconds(lambda: load(home).ids)
    found["load: words and columns, s"] = seconds(lambda: (snapshot.lexicon, snapshot.columns, snapshot.order))
    plain = text_queries(questions, embedded(questions, cache, "queries"))
    profiles = profile_queries(texts, vectors)
    for name in ("bm25", "tfidf", "dense", "affinity", "popular"):
        leg = build_leg(name, snapshot, config)
        queries = profiles if name in ("affinity", "popular") else plain
        found[f"{name}: first query, s"] = seconds(lambda leg=leg, queries=queries: leg.search(queries[0]))
        found |= speed(leg, queries, name)
    hybrid: list[Retriever] = []
    found["fusion: make, s"] = seconds(lambda: hybrid.append(build_retriever(snapshot, config)))
    fused = hybrid[0]
    found |= speed(fused, plain, "fusion of a text")
    found |= speed(fused, profiles, "fusion of a profile (20 vectors, 32 terms)")
    for name, filters in {
        "18 % (duration)": Filters(max_duration_s=8),
        "6 % (category)": Filters(category=CATEGORIES[3]),
        "0.1 % (channel)": Filters(channel="channel 5"),
        "50 % (date)": Filters(published_after=START + timedelta(minutes=len(snapshot) // 2)),
    }.items():
        filtered = text_queries(questions[:60], embedded(questions, cache, "queries")[:60], filters=filters)
        found |= speed(fused, filtered, f"fusion filtered to {name}")
    found["resident, MB (mapped files included)"] = resident_mb()
    return found


def measure_adding(home: Home, texts: Sequence[str], vectors: FloatArray, n: int) -> dict[str, float]:
    """Add 100 new videos repeatedly, and finally search them in a new snapshot."""
    taken = []
    for first in range(n, n + 100 * ADDITIONS, 100):
        made, mixed = next(videos(texts, vectors, 100, first))
        made[0] = replace(made[0], title="zyzzyva")  # a word that nothing else has
        taken.append(seconds(lambda made=made, mixed=mixed: add(home, made, mixed)))
    query = Query(k=ADDITIONS, text="zyzzyva")

    def read() -> None:
        assert made[0].id in build_leg("bm25", load(home), RetrievalConfig()).search(query).ids

    return {
        "add 100: write, median, s": statistics.median(taken),
        "add 100: write and merge, slowest, s": max(taken),
        "add 100: segments afterwards": float(len(load(home).parts)),
        "add 100: new snapshot and bm25 answers, s": seconds(read),
    }


def add(home: Home, made: Sequence[Video], mixed: FloatArray) -> None:
    writer = IndexWriter(home.path / FOLDER, open_index(home.path / FOLDER, home.home_id, home.encoder))
    writer.add(video_segment(made, mixed))
    writer.commit(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--windows", type=int, default=4_000, help="real windows to encode and mix")
    parser.add_argument("--out", type=Path, default=Path("reports/retrieval.json"))
    args = parser.parse_args()
    data = Path(os.environ["SHORTLIST_BENCH_DATA"])
    cache = args.out.parent / "bench-vectors"
    chosen, vectors = real_windows(data, cache, args.windows)
    with tempfile.TemporaryDirectory() as scratch, Home.open(Path(scratch), "bench") as home:
        figures = {"documents": float(args.documents)}
        figures["build, s"] = build_index(home, chosen, vectors, args.documents)
        figures["merge aside, s"] = seconds(lambda: merge_in_background(home))
        figures["on disk, MB"] = sum(path.stat().st_size for path in (home.path / FOLDER).rglob("*.*")) / 1e6
        figures |= measure(home, chosen, vectors, real_queries(data), cache)
        figures |= measure_adding(home, chosen, vectors, args.documents)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    table = Table("what", "figure", title=f"Retrieval over {args.documents:,} videos")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.3g}" if value < 1000 else f"{value:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
