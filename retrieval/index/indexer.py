"""From a home to what is searched: its index files, brought up to date first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import TypeVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import HomeDamaged, HomeLocked
from shortlist.core.notes import Note
from shortlist.core.ranking import FloatArray
from shortlist.core.types import Article, Video
from shortlist.retrieval.index.cowatch_counts import load_links
from shortlist.retrieval.index.index import FOLDER, Index, IndexWriter, empty_index, open_index
from shortlist.retrieval.index.manifest import REMEDY, Manifest, read_manifest
from shortlist.retrieval.index.segment import article_segment, video_segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.home import Home
from shortlist.store.sql.sqlite_errors import os_error

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
        removed = takewhile(lambda pair: pair[0] <= until, home.catalogue.videos.iterate_removed(since))
        writer.remove("video", [video_id for _, video_id in removed])
        for videos in _chunks(home.catalogue.videos.iterate(since), until):
            writer.add(video_segment(videos, video_vectors(home, [video.id for video in videos])))
            _report(progress, len(videos))
        for articles in _chunks(home.catalogue.articles.iterate(since), until):
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


def load_snapshot(
    home: Home, config: RetrievalConfig | None = None, progress: Callable[[int], None] | None = None
) -> Snapshot:
    """The snapshot of `home` at the revision up to which its documents are delivered.

    Items that the index files lack are added first; `progress` gets the number just added. While another process
    holds the writer lock, the last complete index is used and a note says how far it is behind. Files that are
    damaged or foreign, or know a catalogue that a backup has replaced, are made anew. What was removed since the
    index's revision is left out. Raises `HomeLocked` where another process writes and there is no usable index,
    `StateError` where the files cannot be written.
    """
    config = config or RetrievalConfig()
    index = _usable(home)
    if index is None or index.manifest.revision < home.catalogue.delivered():
        index = _caught_up(home, index, progress)
    with home.catalogue.snapshot():
        behind = home.catalogue.changed_since(index.manifest.revision)
        gone = [video_id for _, video_id in home.catalogue.videos.iterate_removed(index.manifest.revision)]
        popular = home.catalogue.events.popularity(config.popular_half_life_days)
        links = load_links(home, home.path / FOLDER)
    late = f"{behind} changed items are not searchable yet: an ingest is running or was interrupted"
    return Snapshot(
        home.home_id,
        index.manifest.revision,
        tuple(part.without(gone) for part in index.of_kind("video")),
        index.of_kind("article"),
        popular,
        (Note("index-behind", late),) if behind else (),
        links,
    )


def put_back(home: Home) -> bool:
    """Whether the index knows more than the catalogue: a backup was put back, or a power cut took the last changes.

    The catalogue notes how far the index follows before the index does. Revisions alone would not tell: after a backup
    was put back they are given out again.
    """
    try:
        return _knows_more(home, read_manifest(home.path / FOLDER, home.home_id, home.encoder))
    except HomeDamaged:
        return False


def _knows_more(home: Home, manifest: Manifest) -> bool:
    return manifest.revision > home.catalogue.indexed(manifest.id)


def _usable(home: Home) -> Index | None:
    try:
        index = open_index(home.path / FOLDER, home.home_id, home.encoder)
    except HomeDamaged as error:
        log.info("the index is made anew: %s", error)
        return None
    if _knows_more(home, index.manifest):
        log.info("the index is made anew: it is newer than the catalogue")
        return None
    return index


def _caught_up(home: Home, index: Index | None, progress: Callable[[int], None] | None) -> Index:
    try:
        with home.writing("indexing"):
            return catch_up(home, _usable(home), progress)
    except HomeLocked:
        if index is None or not index.parts:
            raise
        return index
    except OSError as error:
        raise os_error(home.path / FOLDER, error) from error
