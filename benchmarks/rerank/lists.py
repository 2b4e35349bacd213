"""The lists that `quality` and `injection` rerank: queries and readers with a ranking each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.profile import build_profile
from shortlist.agent.reader.query import profile_query
from shortlist.core.config import EncoderConfig, ModelsConfig, ProfileConfig, RetrievalConfig
from shortlist.core.ranking import Filters, FloatArray, Ranking
from shortlist.core.types import Profile, Reader, Video
from shortlist.eval.data.dataset import DataSet
from shortlist.eval.data.mind import read_mind
from shortlist.eval.data.trec import read_trec
from shortlist.eval.data.trec_files import read_run
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.tasks.task import Task
from shortlist.models.encoders.loader import load_encoder
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.segment import SegmentView, video_segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.catalogue.results import Activity

Scores = npt.NDArray[np.float64]

# The dense leg has 1.0. Of 0.1, 0.3, 0.5 and 1.0, this is the best over the published BM25 runs (nDCG@10 on DL19 0.657,
# 0.656, 0.641, 0.599; on NovelEval 0.723, 0.723, 0.729, 0.705).
BM25_SHARE = 0.3
ENCODER = EncoderConfig(threads=1)


@dataclass(frozen=True, slots=True, eq=False)
class RankedList:
    """A list to rerank, for a wish or for a reader's profile."""

    profile: Profile
    wish: str | None
    ranking: Ranking


@dataclass(frozen=True, slots=True, eq=False)
class ListSet:
    """A data set, the records of its items, and a list for each query, by query id in the order of the queries."""

    name: str
    data: DataSet
    items: ItemBatch
    lists: Mapping[str, RankedList]


class Vectors:
    """The encoder of `config`, with its vectors cached in a folder, which is for this encoder only."""

    def __init__(self, folder: Path, config: EncoderConfig = ENCODER) -> None:
        self._folder, self._config = folder, config

    def of(self, texts: Sequence[str]) -> FloatArray:
        """Return unit vectors, float32[n, d], aligned with `texts`."""
        key = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
        path = self._folder / f"vectors-{key}.npy"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            np.save(path, load_encoder(self._config, ModelsConfig()).encode(texts))
        vectors: FloatArray = np.load(path)
        return vectors


def trec_over_bm25(folder: Path, _vectors: Vectors, queries: int | None) -> ListSet:
    """Rerank the published BM25 run of a TREC folder."""
    task, run = task_of(read_trec(folder)), read_run(folder / "run.txt")
    return _wishes(_sampled(task, queries), {query.id: run[query.id] for query in task.data.queries})


def trec_fused(folder: Path, vectors: Vectors, queries: int | None) -> ListSet:
    """Rerank the published BM25 run of a TREC folder, fused with the dense leg over the run's candidates."""
    task, run = task_of(read_trec(folder)), read_run(folder / "run.txt")
    text = {item.id: item.text for item in task.data.items}
    candidates = sorted({item for query in task.data.queries for item in run[query.id].ids})
    item_vectors = dict(zip(candidates, vectors.of([text[item] for item in candidates]), strict=True))
    query_vectors = vectors.of([query.text or "" for query in task.data.queries])
    fused = {}
    for query, query_vector in zip(task.data.queries, query_vectors, strict=True):
        bm25 = run[query.id]
        dense = np.array([float(item_vectors[item] @ query_vector) for item in bm25.ids])
        scores = (BM25_SHARE * _min_max(bm25.scores) + _min_max(dense)) / (1 + BM25_SHARE)
        fused[query.id] = Ranking.of(dict(zip(bm25.ids, scores.tolist(), strict=True)), "fusion")
    return _wishes(_sampled(task, queries), fused)


def mind(folder: Path, vectors: Vectors, queries: int | None) -> ListSet:
    """Rerank Shortlist's own retrieval over the candidates of at most `queries` impressions, drawn at random."""
    task = _sampled(task_of(read_mind(folder)), queries)
    ids = {item for query in task.data.queries for item in (*query.history, *(query.candidates or ()))}
    videos = [video for video in task.videos if video.id in ids]
    items = ItemBatch.of(videos)
    snapshot = _snapshot(videos, vectors)
    retriever = build_retriever(snapshot, RetrievalConfig())
    lists = {}
    for query in task.data.queries:
        events = task.history(query)
        profile = build_profile(Reader(query.id), events, Activity.of(events), items, ProfileConfig())
        search = profile_query(profile, len(query.candidates or ()), Filters(include_seen=True), snapshot.vectors_of)
        ranking = retriever.search(replace(search, only=frozenset(query.candidates or ())))
        lists[query.id] = RankedList(profile, None, ranking)
    return ListSet(task.data.name, task.data, items, lists)


Loader = Callable[[Path, Vectors, int | None], ListSet]
LIST_SETS: dict[str, tuple[str, Loader]] = {
    "dl19-bm25": ("eval/trec_dl19", trec_over_bm25),
    "dl19": ("eval/trec_dl19", trec_fused),
    "noveleval": ("eval/noveleval", trec_fused),
    "mind100": ("eval/mind_recprompt100", mind),
    "mind1000": ("eval/mind_llm4rec1000", mind),
}


def load(name: str, data: Path, vectors: Vectors, queries: int | None = None) -> ListSet:
    """Load the set `name` of `LIST_SETS` from the folder of real data."""
    folder, loader = LIST_SETS[name]
    return loader(data / folder, vectors, queries)


def _sampled(task: Task, queries: int | None) -> Task:
    return task if queries is None else task.sampled(queries, seed=0)


def _wishes(task: Task, rankings: Mapping[str, Ranking]) -> ListSet:
    lists = {query.id: RankedList(Profile(query.id), query.text, rankings[query.id]) for query in task.data.queries}
    return ListSet(task.data.name, task.data, ItemBatch.of(task.videos), lists)


def _snapshot(videos: Sequence[Video], vectors: Vectors) -> Snapshot:
    rows = vectors.of([f"{video.title}\n{video.transcript.text}" for video in videos])
    return Snapshot("benchmark", 1, (SegmentView(video_segment(videos, rows)),))


def _min_max(scores: Scores) -> Scores:
    spread = scores.max() - scores.min()
    return (scores - scores.min()) / spread if spread else np.zeros_like(scores)
