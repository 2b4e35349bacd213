"""From the catalogue and Chroma to the index: what changed since the index's revision, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import TypeVar

import numpy as np

from shortlist.core.errors import HomeDamaged
from shortlist.core.ranking import FloatArray
from shortlist.core.types import Article, Video
from shortlist.retrieval.index import FOLDER, Index
from shortlist.retrieval.index_writer import IndexWriter, empty_index
from shortlist.retrieval.manifest import REMEDY
from shortlist.retrieval.segment import article_segment, video_segment
from shortlist.store.home import Home

# Items that are indexed together: as many as fit easily in memory.
CHUNK = 20_000

T = TypeVar("T", Video, Article)

log = logging.getLogger(__name__)


def catch_up(home: Home, index: Index | None, progress: Callable[[int], None] | None = None) -> Index:
    """Bring `index` to the delivered revision of `home`; None builds it anew. Needs the writer lock.

    `progress` gets the number of items just added. Raises `HomeDamaged` where Chroma has lost the documents.
    """
    index = index or empty_index(home.home_id, home.encoder)
    writer = IndexWriter(home.path / FOLDER, index)
    with home.catalogue.snapshot():
        since, until = index.manifest.revision, home.catalogue.delivered()
        removed = takewhile(lambda pair: pair[0] <= until, home.catalogue.iter_removed(since))
        writer.remove("video", [video_id for _, video_id in removed])
        for videos in _chunks(home.catalogue.iter_videos(since), until):
            writer.add(video_segment(videos, video_vectors(home, [video.id for video in videos])))
            _report(progress, len(videos))
        for articles in _chunks(home.catalogue.iter_articles(since), until):
            ids = [article.id for article in articles]
            writer.add(article_segment(ids, _aligned(ids, home.documents.vectors("article", ids))))
            _report(progress, len(articles))
    home.catalogue.set_indexed(index.manifest.id, until)
    return writer.commit(until)


def _chunks(changes: Iterator[tuple[int, T]], until: int) -> Iterator[list[T]]:
    delivered = (item for _, item in takewhile(lambda change: change[0] <= until, changes))
    while chunk := list(islice(delivered, CHUNK)):
        yield chunk


def video_vectors(home: Home, ids: Sequence[str]) -> FloatArray:
    """float32[n, d]: the normalised sum of each video's transcript and summary vectors."""
    spoken = _aligned(ids, home.documents.vectors("transcript", ids))
    summaries = home.documents.vectors("summary", ids)
    for row, video_id in enumerate(ids):
        if video_id in summaries:
            spoken[row] += summaries[video_id]
    lengths = np.linalg.norm(spoken, axis=1, keepdims=True)
    np.divide(spoken, lengths, out=spoken, where=lengths > 0)
    return spoken


def _aligned(ids: Sequence[str], vectors: Mapping[str, FloatArray]) -> FloatArray:
    """float32[n, d], aligned with `ids`; zeros where a document is missing."""
    if not vectors:
        expected, found = f"vectors of {len(ids)} items in Chroma", "none"
        raise HomeDamaged("the documents are lost", expected=expected, found=found, remedy=REMEDY)
    if len(vectors) < len(ids):
        log.warning("%d of %d items have no vector: %s", len(ids) - len(vectors), len(ids), REMEDY)
    nothing = np.zeros_like(next(iter(vectors.values())))
    return np.stack([vectors.get(item_id, nothing) for item_id in ids]).astype(np.float32)


def _report(progress: Callable[[int], None] | None, done: int) -> None:
    if progress is not None:
        progress(done)
