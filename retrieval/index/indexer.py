"""Bring the index up to date with the catalogue and its embeddings, and load it as a snapshot."""

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
from shortlist.core.types import Article, Kind, Video
from shortlist.retrieval.index.act_log import DAYS, ActLog
from shortlist.retrieval.index.cowatch_file import load_links
from shortlist.retrieval.index.index import FOLDER, Index, IndexWriter, empty_index, open_index
from shortlist.retrieval.index.manifest import Manifest, read_manifest
from shortlist.retrieval.index.merge_policy import MAX_COMMIT_ROWS
from shortlist.retrieval.index.segment import article_segment, video_segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.trained.versions import load_trained
from shortlist.store.documents.document import Document, article_documents, video_documents
from shortlist.store.embed import LoadEncoder, embed
from shortlist.store.home import Home
from shortlist.store.known_damage import known
from shortlist.store.sql.sqlite_errors import os_error

# Items that are indexed together, which easily fit into memory.
CHUNK = 20_000

T = TypeVar("T", Video, Article)

log = logging.getLogger(__name__)


def catch_up(
    home: Home,
    index: Index | None,
    encoder: LoadEncoder | None = None,
    progress: Callable[[int], None] | None = None,
    max_commit_rows: int = MAX_COMMIT_ROWS,
) -> Index:
    """Bring `index` to the newest revision of `home` up to which every text has an embedding. None starts an empty one.

    With an `encoder` missing embeddings are computed. `progress` is called with the number of items just added. Needs
    the writer lock.
    """
    index = index or empty_index(home.home_id, home.encoder)
    writer = IndexWriter(home.path / FOLDER, index, max_commit_rows)
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


def purge(home: Home, items: Mapping[Kind, Sequence[str]]) -> None:
    """Remove items, by kind, from all files of the index. Needs the writer lock. May be repeated.

    Segments that contain them are written again. Without this, they stay as tombstones until the next merge.
    """
    index = update_index(home)
    writer = IndexWriter(home.path / FOLDER, index)
    for kind, item_ids in items.items():
        writer.purge(kind, item_ids)
    writer.commit(index.manifest.revision)


def _chunks(changes: Iterator[tuple[int, T]], until: int) -> Iterator[list[T]]:
    embedded = (item for _, item in takewhile(lambda change: change[0] <= until, changes))
    while chunk := list(islice(embedded, CHUNK)):
        yield chunk


def item_vectors(home: Home, items: Sequence[Sequence[Document]]) -> FloatArray:
    """Return float32[n, d]: the normalised sum of the cached embeddings of each item's documents."""
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
    home: Home,
    encoder: LoadEncoder | None = None,
    progress: Callable[[int], None] | None = None,
    max_commit_rows: int = MAX_COMMIT_ROWS,
) -> Index:
    """Add missing items to the index of `home` and return it. `progress` is called with the number just added.

    The commit merges at most `max_commit_rows` rows of each kind.

    Without an `encoder` the index stops before the first text without an embedding. While another process holds the
    writer lock, the last complete index is returned. An index is rebuilt if it is damaged, belongs to another home, or
    is newer than the catalogue because that was restored from a backup. A home that follows published snapshots uses
    theirs as it is, and raises `HomeDamaged` if it is damaged. Raises `HomeLocked` if another process writes
    and there is no usable index, and `StateError` if files cannot be written.
    """
    if home.is_follower:
        return open_index(home.content / FOLDER, home.home_id, home.encoder)
    index = _usable(home)
    if index is not None and index.manifest.revision >= home.catalogue.revision():
        return index
    try:
        with home.writing("indexing"):
            if is_newer_than_catalogue(home):
                home.catalogue.set_delivered(0)  # Chroma may be newer, too; the next delivery compares all documents
            return catch_up(home, _usable(home), encoder, progress, max_commit_rows)
    except HomeLocked:
        if index is None or not index.parts:
            raise
        return index
    except OSError as error:
        raise os_error(home.path / FOLDER, error) from error


def load_snapshot(
    home: Home, config: RetrievalConfig | None = None, progress: Callable[[int], None] | None = None
) -> Snapshot:
    """Return a snapshot of `home` after `update_index` without an encoder.

    A note gives the number of items that are not in the index yet, another one tells of known damage. Videos removed
    since its revision are left out. The log of acts is read only for a ranker or the leg `clicks`, which count them.
    """
    config = config or RetrievalConfig()
    index = update_index(home, progress=progress)
    trained = load_trained(home.content, config.models)
    with home.catalogue.snapshot():
        behind = home.catalogue.changed_since(index.manifest.revision)
        removed = [video_id for _, video_id in home.catalogue.videos.iterate_removed(index.manifest.revision)]
        popular = home.catalogue.events.popularity(config.popular_half_life_days)
        links = load_links(home, home.content / FOLDER, config.cowatch_top)
        counted = trained.ranker is not None or (trained.weights or config.weights).get("clicks", 0) > 0
        log = ActLog.of(home.catalogue.events.iterate_log(DAYS) if counted else ())
    return Snapshot(
        home.home_id,
        index.manifest.revision,
        tuple(part.without(removed) for part in index.of_kind("video")),
        index.of_kind("article"),
        popular,
        tuple(_notes(home, behind)),
        links,
        trained,
        log,
    )


def _notes(home: Home, behind: int) -> Iterator[Note]:
    if behind:
        waiting = "changed items are not searchable yet: an ingest is running, or the next one will finish them"
        yield Note("index-behind", f"{behind} {waiting}")
    if damage := known(home.path):
        detail = f"{', '.join(damage)}; run `shortlist doctor`"
        yield Note("home-damaged", "some stored data is damaged, so the answer may be incomplete", detail)


def is_newer_than_catalogue(home: Home) -> bool:
    """Return whether the index is newer than the catalogue, after a restored backup or a power cut.

    The catalogue records the revision of the index before the index is committed. Comparing it with the revision of the
    catalogue would not do, because revisions are used again after a backup was restored.
    """
    try:
        return _is_newer(home, read_manifest(home.path / FOLDER, home.home_id, home.encoder))
    except HomeDamaged:
        return False


def _is_newer(home: Home, manifest: Manifest) -> bool:
    return manifest.revision > home.catalogue.indexed(manifest.id)


def _usable(home: Home) -> Index | None:
    try:
        index = open_index(home.path / FOLDER, home.home_id, home.encoder)
    except HomeDamaged as error:
        log.info("the index is rebuilt: %s", error)
        return None
    if _is_newer(home, index.manifest):
        log.info("the index is rebuilt: it is newer than the catalogue")
        return None
    return index
