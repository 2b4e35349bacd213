"""SPEC `simulated:N`: N readers with known tastes over the home's videos. Their favourite new videos are relevant."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.core.types import Event, Reader, Video
from shortlist.eval.data.dataset import DataSet, EvalQuery
from shortlist.eval.hashes import CONTENT_CODE, code_hash, digest
from shortlist.eval.tasks.from_home import by_reader, chosen_videos, content_hash, contents, items_of
from shortlist.eval.tasks.task import Task
from shortlist.ingest.simulate.simulate import simulate
from shortlist.ingest.simulate.tastes import Taste, Tastes
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.documents.document import video_documents
from shortlist.store.embed import Embedder, embed
from shortlist.store.home import Home
from shortlist.store.home_files import VECTORS

KIND = "simulated"
NOW = datetime(2026, 1, 1, tzinfo=UTC)  # fixed, so that a seed gives the same readers on any day
BEST, GOOD = 0.05, 0.15  # shares of the unseen videos, by utility: the best have grade 2, the next ones grade 1
NOTE = (
    "tastes are drawn from the encoder's vectors, which favours the dense leg: compare profiles and fusions, not legs"
)


def simulated_task(home: Home, readers: int, seed: int, root: Path, encoder: Callable[[], Encoder]) -> Task:
    """Return a task with one query for each simulated reader, for whom the preferred unseen videos are relevant.

    The readers are written to a copy of `home` below `root`; `home` is not changed. Raises `UsageError` if `home` has
    no videos.
    """
    videos, articles = contents(home)
    data_hash = digest([content_hash([*videos, *articles]), readers, seed, home.encoder])
    folder = root / "homes" / f"crowd-{digest([data_hash, code_hash(CONTENT_CODE)])}"
    with _copy_home(folder, home, encoder) as copy, copy.writing("simulating readers"):
        tastes = _simulate(copy, readers, seed)
        events = by_reader(event for _, event in copy.catalogue.events.iterate())
        vectors = _transcript_vectors(copy, videos)
    qrels = {taste.user_id: _grades(taste, events[taste.user_id], vectors, tastes.scale) for taste in tastes.readers}
    video_ids = {video.id for video in videos}
    queries = tuple(EvalQuery(user, user_id=user, history=chosen_videos(events[user], video_ids)) for user in qrels)
    data = DataSet(
        f"{KIND}-{readers}", KIND, items_of(videos), queries, qrels, data_hash, exclude_seen=True, notes=(NOTE,)
    )
    return Task(
        data=data,
        videos=videos,
        articles=articles,
        past_events=lambda: (event for of_reader in events.values() for event in of_reader),
        history=lambda query: events[query.id],
        reader=lambda query: Reader(query.id),
        vectors=folder / VECTORS,
    )


def _copy_home(folder: Path, home: Home, encoder: Callable[[], Encoder]) -> Home:
    """Return a home in `folder` with the videos and articles of `home`, without readers."""
    if not (folder / VECTORS).exists() and (home.path / VECTORS).exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(home.path / VECTORS, folder / VECTORS)
    copy = Home.open(folder, home.encoder)
    with copy.writing("copying videos"):
        videos, articles = contents(home)
        copy.catalogue.videos.put(videos)
        copy.catalogue.articles.put(articles)
        embed(copy, 0, encoder)
    return copy


def _transcript_vectors(home: Home, videos: Sequence[Video]) -> dict[str, FloatArray]:
    """Return the vector of each transcript by video id."""
    transcripts = {video.id: video_documents(video, 0)[0] for video in videos}
    vectors = Embedder(home).embed(transcripts.values())
    return {video_id: vectors[transcript.text_sha] for video_id, transcript in transcripts.items()}


def _simulate(home: Home, readers: int, seed: int) -> Tastes:
    simulate(home, readers, seed, NOW)
    tastes = Tastes.load(home.path)
    if tastes is None:
        raise ValueError("a simulation writes its tastes")
    return tastes


def _grades(taste: Taste, events: list[Event], vectors: Mapping[str, FloatArray], scale: float) -> dict[str, int]:
    seen = {event.item_id for event in events if event.action != "impression"}
    unseen = sorted(vectors.keys() - seen)
    utility = taste.utility(np.stack([vectors[item] for item in unseen]), scale)
    order = np.argsort(-utility, kind="stable")
    best, good = max(1, round(BEST * len(unseen))), round(GOOD * len(unseen))
    return {unseen[row]: 2 if rank < best else 1 for rank, row in enumerate(order[: max(best, good)].tolist())}
