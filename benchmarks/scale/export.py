"""Readers a second of the export, against a loop over readers with scikit-learn and with EnsembleRetriever.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.scale.export [--videos 100000] [--readers 512] [--home DIR] [--peers]

Rates are given for a second of one core (CPU time, which a busy machine changes less) and for an elapsed second. Most
of the time goes into making the home, which `--home` keeps between runs. `--peers` takes minutes and several GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.ensemble import ensemble
from benchmarks.retrieval import real_windows
from benchmarks.scale.export_home import make_home
from shortlist.agent.export_rows import export_rows
from shortlist.app.export.plan import Plan
from shortlist.app.export.run import export
from shortlist.core.config import Config
from shortlist.core.ranking import FloatArray, Query, Request
from shortlist.engine.build import open_home, open_recommender
from shortlist.retrieval.build import build_leg
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.vectors.threads import one_blas_thread
from shortlist.store.home import Home

K = 20
LIKED = 20
FEW = 12  # readers for the slow peers


@dataclass
class Timed:
    """CPU seconds of this process and its children, and elapsed seconds."""

    cpu: float = 0.0
    clock: float = 0.0


@contextmanager
def timed() -> Iterator[Timed]:
    found, cpu, clock = Timed(), cpu_seconds(), time.perf_counter()
    yield found
    found.cpu, found.clock = cpu_seconds() - cpu, time.perf_counter() - clock


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def rate(n: int, work: Callable[[], object]) -> dict[str, float]:
    with timed() as spent:
        work()
    return rates(n, spent)


def rates(n: int, spent: Timed) -> dict[str, float]:
    return {
        "readers per core-second": n / spent.cpu,
        "readers per second": n / spent.clock,
        "ms of a core": 1000 * spent.cpu / n,
    }


def config_of(home: Path, **weights: float) -> Config:
    retrieval: dict[str, Any] = {"threads": 1}
    if weights:
        retrieval |= {"weights": weights, "text_weights": weights}
    return Config.model_validate({"home": home, "retrieval": retrieval, "export": {"shard": 64}})


def measure_shortlist(home: Home, ids: Sequence[str]) -> dict[str, dict[str, float]]:
    found = {}
    for name, weights in {"all legs": {}, "dense alone": {"dense": 1.0}}.items():
        recommender = open_recommender(home, config_of(home.path, **weights))
        like = Request("", K, rerank="none")
        export_rows(recommender, home.catalogue, ids[:8], like)
        found[name] = rate(len(ids), lambda r=recommender, one=like: export_rows(r, home.catalogue, ids, one))
    return found


def dense_and_gemm(
    snapshot: Snapshot, config: Config, per_reader: int, readers: int = 64
) -> dict[str, dict[str, float]]:
    """Compare the dense leg's search with the bare product of the same matrices, in float32 on one core."""
    rows = np.random.default_rng(0).integers(0, len(snapshot), (readers, per_reader))
    vectors = [snapshot.vectors(one) for one in rows]
    weights = np.full(per_reader, 1 / per_reader, np.float32)
    queries = [Query(K, vectors=one, vector_weights=weights) for one in vectors]
    leg = build_leg("dense", snapshot, config.retrieval)
    leg.search_many(queries[:2])
    videos = np.concatenate([part.segment.vectors for part in snapshot.parts])
    stacked = np.concatenate(vectors)
    block = 4096

    def gemm() -> None:
        for start in range(0, len(videos), block):
            stacked @ videos[start : start + block].T

    with one_blas_thread():
        gemm()
        bare = rate(readers, gemm)
        found = rate(readers, lambda: leg.search_many(queries))
    return {f"dense leg, {per_reader} vectors": found, f"bare GEMM, {per_reader} vectors": bare}


def by_processes(home: Home, ids: Sequence[str], folder: Path) -> dict[str, dict[str, float]]:
    """Measure the command with one and two processes, and what two do once they have started."""
    few = ids[: len(ids) // 4]
    found = {}
    for workers, readers in ((1, ids), (2, few), (2, ids)):
        users = folder / "users.txt"
        users.write_text("\n".join(readers), encoding="utf-8")
        config = config_of(home.path)
        config = config.model_copy(update={"export": config.export.model_copy(update={"workers": workers})})
        plan = Plan(folder / "out.parquet", Request("", K, rerank="none"), config.export.shard, users)
        with timed() as spent:
            export(plan, home, config, "local", resume=False, progress=lambda _: None)
        found[workers, len(readers)] = spent
    whole, start = found[2, len(ids)], found[2, len(few)]
    named = {f"export of {n} readers, {workers} processes": rates(n, one) for (workers, n), one in found.items()}
    beyond = Timed(whole.cpu - start.cpu, whole.clock - start.clock)
    memory = {"largest process, MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}
    return {**named, f"2 processes, beyond {len(few)} readers": {**rates(len(ids) - len(few), beyond), **memory}}


def prototype(texts: Sequence[str], histories: Sequence[Sequence[int]]) -> dict[str, float]:
    """Measure a simple prototype: TF-IDF vectors, and cosine_similarity for each reader."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_similarity

    matrix = TfidfVectorizer(stop_words="english").fit_transform(texts)

    def run() -> None:
        for history in histories:
            reader = np.asarray(matrix[list(history)].mean(axis=0))
            scores = cosine_similarity(reader, matrix)[0]
            np.argsort(-scores)[:K]

    return rate(len(histories), run)


def ensemble_reader(texts: Sequence[str], vectors: FloatArray, histories: Sequence[Sequence[int]]) -> dict[str, float]:
    """Measure EnsembleRetriever over BM25Retriever and Chroma, with each reader's titles and mean vector as query."""
    query_vectors = {" ".join(texts[at][:60] for at in one): vectors[list(one)].mean(axis=0) for one in histories}
    both = ensemble(texts, vectors, query_vectors, K)
    return rate(len(query_vectors), lambda: [both.invoke(text) for text in query_vectors])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=512)
    parser.add_argument("--windows", type=int, default=2_000, help="real windows to encode and mix")
    parser.add_argument("--out", type=Path, default=Path("reports/export.json"))
    parser.add_argument("--home", type=Path, help="keep the home here between runs")
    parser.add_argument("--peers", action="store_true", help="measure the loops over readers, too")
    args = parser.parse_args()
    data, cache = Path(os.environ["SHORTLIST_BENCH_DATA"]), args.out.parent / "bench-vectors"
    chosen, windows = real_windows(data, cache, args.windows)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    figures: dict[str, dict[str, float]] = {}

    def record(found: dict[str, dict[str, float]]) -> None:  # after each step, because the peers may run out of memory
        figures.update(found)
        args.out.write_text(json.dumps({"videos": args.videos, **figures}, indent=2), encoding="utf-8")

    with tempfile.TemporaryDirectory() as scratch:
        path = args.home or Path(scratch) / "home"
        make_home(path, chosen, windows, args.videos, args.readers + 64, LIKED)
        with open_home(Config(home=path)) as home:
            ids = list(home.catalogue.readers.ids())[: args.readers]
            record(measure_shortlist(home, ids))
            snapshot = open_recommender(home, config_of(path)).snapshot
            for per_reader in (1, LIKED):
                record(dense_and_gemm(snapshot, config_of(path), per_reader))
            record(by_processes(home, ids, Path(scratch)))
            if args.peers:
                record(peers(home, snapshot, ids))
    show(figures, args.videos)


def peers(home: Home, snapshot: Snapshot, ids: Sequence[str]) -> dict[str, dict[str, float]]:
    videos = home.catalogue.videos.get_many(snapshot.ids)
    texts = [f"{videos[one].title} {videos[one].description}" for one in snapshot.ids]
    events = home.catalogue.events.newest(ids[:FEW], LIKED)
    histories = [[snapshot.row(event.item_id) or 0 for event in events[user_id]] for user_id in ids[:FEW]]
    vectors = snapshot.vectors(np.arange(len(snapshot)))
    return {
        "scikit-learn: TF-IDF, cosine_similarity a reader": prototype(texts, histories),
        "LangChain: EnsembleRetriever a reader": ensemble_reader(texts, vectors, histories),
    }


def show(figures: dict[str, dict[str, float]], videos: int) -> None:
    table = Table(
        "what", "readers a core-second", "readers a second here", "core ms a reader", title=f"{videos:,} videos"
    )
    for name, one in figures.items():
        values = (one["readers per core-second"], one["readers per second"], one["ms of a core"])
        table.add_row(name, *(f"{value:,.1f}" for value in values))
    Console().print(table)


if __name__ == "__main__":
    main()
