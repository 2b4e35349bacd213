"""From the catalogue and its embeddings to what is searched: index files, brought up to date first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
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
from shortlist.retrieval.index.manifest import Manifest, read_manifest
from shortlist.retrieval.index.segment import article_segment, video_segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.documents.document import Document, article_documents, video_documents
from shortlist.store.embed import LoadEncoder, embed
from shortlist.store.home import Home
from shortlist.store.sql.sqlite_errors import os_error

# Items that are indexed together: as many as fit easily in memory.
CHUNK = 20_000

T = TypeVar("T", Video, Article)

log = logging.getLogger(__name__)


def catch_up(
    home: Home, index: Index | None, encoder: LoadEncoder | None = None, progress: Callable[[int], None] | None = None
) -> Index:
    """Bring `index` to the newest revision of `home` up to which every text has an embedding; None starts an empty one.

    Missing embeddings are made where there is an `encoder`. `progress` gets the number of items just added. Needs the
    writer lock.
    """
    index = index or empty_index(home.home_id, home.encoder)
    writer = IndexWriter(home.path / FOLDER, index)
    with home.catalogue.snapshot():
        since = index.manifest.revision
        until = embed(home, since, encoder)
        if until == since:
            return index
        removed = takewhile(lambda pair: pair[0] <= until, home.catalogue.videos.iterate_removed(since))
        writer.remove("video", [video_id for _, video_id in removed])
        for videos in _chunks(home.catalogue.videos.iterate(since), until):
            vectors = item_vectors(home, [video_documents(video, until) for video in videos])
            writer.add(video_segment(videos, vectors))
            _report(progress, len(videos))
        for articles in _chunks(home.catalogue.articles.iterate(since), until):
            vectors = item_vectors(home, [article_documents(article, until) for article in articles])
            writer.add(article_segment([article.id for article in articles], vectors))
            _report(progress, len(articles))
    home.catalogue.set_indexed(index.manifest.id, until)
    return writer.commit(until)


def _chunks(changes: Iterator[tuple[int, T]], until: int) -> Iterator[list[T]]:
    embedded = (item for _, item in takewhile(lambda change: change[0] <= until, changes))
    while chunk := list(islice(embedded, CHUNK)):
        yield chunk


def item_vectors(home: Home, items: Sequence[Sequence[Document]]) -> FloatArray:
    """float32[n, d]: of each item the normalised sum of its documents' embeddings, all of which are cached."""
    if not items:
        return np.empty((0, 0), dtype=np.float32)
    found = home.embeddings.get_many(home.encoder, (one.text_sha for documents in items for one in documents))
    vectors = np.stack([np.sum([found[one.text_sha] for one in documents], axis=0) for documents in items])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return vectors


def _report(progress: Callable[[int], None] | None, done: int) -> None:
    if progress is not None:
        progress(done)


def update_index(
    home: Home, encoder: LoadEncoder | None = None, progress: Callable[[int], None] | None = None
) -> Index:
    """The index of `home`, after items that it lacks were added; `progress` gets the number just added.

    Without an `encoder` the index stops before the first text that has no embedding. While another process holds the
    writer lock, the last complete index is used. Files that are damaged or foreign, or newer than a catalogue that was
    restored from a backup, are rebuilt. Raises `HomeLocked` where another process writes and there is no usable index,
    `StateError` where the files cannot be written.
    """
    index = _usable(home)
    if index is not None and index.manifest.revision >= home.catalogue.revision():
        return index
    try:
        with home.writing("indexing"):
            return _updated(home, encoder, progress)
    except HomeLocked:
        if index is None or not index.parts:
            raise
        return index
    except OSError as error:
        raise os_error(home.path / FOLDER, error) from error


def load_snapshot(
    home: Home, config: RetrievalConfig | None = None, progress: Callable[[int], None] | None = None
) -> Snapshot:
    """The snapshot of `home` over its index, brought up to date without encoding anything: see `update_index`.

    A note says how many items are not in it. What was removed since the index's revision is left out.
    """
    config = config or RetrievalConfig()
    index = update_index(home, progress=progress)
    with home.catalogue.snapshot():
        behind = home.catalogue.changed_since(index.manifest.revision)
        gone = [video_id for _, video_id in home.catalogue.videos.iterate_removed(index.manifest.revision)]
        popular = home.catalogue.events.popularity(config.popular_half_life_days)
        links = load_links(home, home.path / FOLDER)
    late = f"{behind} changed items are not searchable yet: an ingest is running, or the next one will finish them"
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
    """Whether the index is newer than the catalogue: a backup was restored, or a power cut took the last changes.

    The catalogue notes how far the index follows before the index does. Revisions alone would not tell: after a backup
    was restored they are given out again.
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
        log.info("the index is rebuilt: %s", error)
        return None
    if _knows_more(home, index.manifest):
        log.info("the index is rebuilt: it is newer than the catalogue")
        return None
    return index


def _updated(home: Home, encoder: LoadEncoder | None, progress: Callable[[int], None] | None) -> Index:
    if put_back(home):
        home.catalogue.set_delivered(0)  # Chroma may know more, too: the next delivery compares everything
    return catch_up(home, _usable(home), encoder, progress)
