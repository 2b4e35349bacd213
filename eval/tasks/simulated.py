"""SPEC `simulated:N`: N readers with known tastes over the home's videos. What they would like best is right."""

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
from shortlist.eval.tasks.from_home import by_reader, content_hash, contents, items_of, watched_of
from shortlist.eval.tasks.task import Task
from shortlist.ingest.simulate.simulate import simulate
from shortlist.ingest.simulate.tastes import Taste, Tastes
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.documents.document import video_documents
from shortlist.store.embed import Embedder, embed
from shortlist.store.files import VECTORS
from shortlist.store.home import Home

KIND = "simulated"
NOW = datetime(2026, 1, 1, tzinfo=UTC)  # the same readers on any day
BEST, GOOD = 0.05, 0.15  # shares of the unseen videos, by utility: grade 2, and down to here grade 1
NOTE = "tastes lie in the encoder's own space, which flatters the dense leg: compare profiles and fusions, not legs"


def simulated_task(home: Home, readers: int, seed: int, root: Path, encoder: Callable[[], Encoder]) -> Task:
    """One query a simulated reader; relevant are the unseen videos that their taste wants most.

    The readers live in a home of their own below `root`: those of `home` are not touched. Raises `UsageError`.
    """
    videos, articles = contents(home)
    data_hash = digest([content_hash([*videos, *articles]), readers, seed, home.encoder])
    world = root / "homes" / f"crowd-{digest([data_hash, code_hash(CONTENT_CODE)])}"
    with _world(world, home, encoder) as crowd, crowd.writing("simulating readers"):
        tastes = _simulated(crowd, readers, seed)
        events = by_reader(event for _, event in crowd.catalogue.events.iterate())
        vectors = _spoken(crowd, videos)
    qrels = {taste.user_id: _grades(taste, events[taste.user_id], vectors, tastes.scale) for taste in tastes.readers}
    known = {video.id for video in videos}
    queries = tuple(EvalQuery(user, user_id=user, history=watched_of(events[user], known)) for user in qrels)
    data = DataSet(
        f"{KIND}-{readers}", KIND, items_of(videos), queries, qrels, data_hash, exclude_seen=True, notes=(NOTE,)
    )
    return Task(
        data=data,
        videos=videos,
        articles=articles,
        crowd=lambda: (event for of_one in events.values() for event in of_one),
        history=lambda query: events[query.id],
        reader=lambda query: Reader(query.id),
        vectors=world / VECTORS,
    )


def _world(folder: Path, home: Home, encoder: Callable[[], Encoder]) -> Home:
    """A home with the contents of `home` and nobody in it."""
    if not (folder / VECTORS).exists() and (home.path / VECTORS).exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(home.path / VECTORS, folder / VECTORS)
    world = Home.open(folder, home.encoder)
    with world.writing("copying videos"):
        videos, articles = contents(home)
        world.catalogue.videos.put(videos)
        world.catalogue.articles.put(articles)
        embed(world, 0, encoder)
    return world


def _spoken(world: Home, videos: Sequence[Video]) -> dict[str, FloatArray]:
    """The embedding of each transcript, by the id of its video."""
    transcripts = {video.id: video_documents(video, 0)[0] for video in videos}
    found = Embedder(world).embed(transcripts.values())
    return {video_id: found[transcript.text_sha] for video_id, transcript in transcripts.items()}


def _simulated(world: Home, readers: int, seed: int) -> Tastes:
    simulate(world, readers, seed, NOW)
    tastes = Tastes.load(world.path)
    if tastes is None:
        raise ValueError("a simulation writes its tastes")
    return tastes


def _grades(taste: Taste, events: list[Event], vectors: Mapping[str, FloatArray], scale: float) -> dict[str, int]:
    seen = {event.item_id for event in events if event.action != "impression"}
    unseen = sorted(vectors.keys() - seen)
    utility = taste.utility(np.stack([vectors[item] for item in unseen]), scale)
    order = np.argsort(-utility, kind="stable")
    best, good = max(1, round(BEST * len(unseen))), round(GOOD * len(unseen))
    return {unseen[row]: 2 if place < best else 1 for place, row in enumerate(order[: max(best, good)].tolist())}
