"""Encode the texts of the catalogue: each once, cached by its hash.

The index and Chroma are both written from the embeddings. Neither is read to write the other.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from shortlist.core.errors import HomeVersion
from shortlist.core.ranking import FloatArray
from shortlist.core.types import Video
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.encoder_version import configured_name
from shortlist.store.documents.document import VIDEO_FACETS, Document, article_documents, document_id, video_documents
from shortlist.store.home import Home

BATCH = 256  # records whose texts are encoded in one call

LoadEncoder = Callable[[], Encoder]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """One record that changed at `revision`: its documents, not encoded, and the ids of documents it no longer has."""

    revision: int
    documents: tuple[Document, ...] = ()
    removed_ids: tuple[str, ...] = ()


def changes(home: Home, after: int) -> Iterator[Change]:
    """Yield every record changed or removed after revision `after`, ordered by revision."""
    catalogue = home.catalogue
    videos = (_video_change(*item) for item in catalogue.videos.iterate(after))
    articles = (
        Change(revision, tuple(article_documents(article, revision)))
        for revision, article in catalogue.articles.iterate(after)
    )
    removals = (
        Change(revision, removed_ids=tuple(document_id(facet, video_id) for facet in VIDEO_FACETS))
        for revision, video_id in catalogue.videos.iterate_removed(after)
    )
    return heapq.merge(videos, articles, removals, key=lambda change: change.revision)


class Embedder:
    """Embeddings of the texts of one home, from its cache or by the encoder that `load` returns.

    The encoder is loaded at most once, for the first text that is not cached.
    """

    def __init__(self, home: Home, load: LoadEncoder | None = None) -> None:
        self._home = home
        self._load = load
        self._encoder: Encoder | None = None

    def embed(self, documents: Iterable[Document]) -> dict[str, FloatArray]:
        """Return float32[d] of unit length by text hash. Without an encoder, texts that are not cached are left out.

        Raises `HomeVersion` if the encoder is not the home's.
        """
        texts = {document.text_sha: document.text for document in documents}
        if not texts:
            return {}
        found = self._home.embeddings.get_many(self._home.encoder, texts)
        missing = {sha: text for sha, text in texts.items() if sha not in found}
        if missing and self._load is not None:
            encoded = self._get_encoder(self._load).encode(list(missing.values()))
            fresh = dict(zip(missing, encoded, strict=True))
            self._home.embeddings.put(self._home.encoder, fresh)
            found.update(fresh)
        return found

    def _get_encoder(self, load: LoadEncoder) -> Encoder:
        if self._encoder is None:
            self._encoder = load()
            _check_name(self._home, self._encoder)
        return self._encoder


def embed(home: Home, after: int, load: LoadEncoder | None = None) -> int:
    """Encode the texts of all records changed after revision `after`. Return the revision up to which all are cached.

    Without `load` nothing is encoded, and the result is the last revision before the first text that is not cached.
    """
    embedder = Embedder(home, load)
    with home.catalogue.snapshot() as newest:
        for batch in batches(changes(home, after)):
            found = embedder.embed(document for change in batch for document in change.documents)
            for change in batch:
                if any(document.text_sha not in found for document in change.documents):
                    return change.revision - 1
        return newest


def batches(items: Iterator[T]) -> Iterator[list[T]]:
    """Yield `items` in lists of at most `BATCH`."""
    while batch := list(islice(items, BATCH)):
        yield batch


def _video_change(revision: int, video: Video) -> Change:
    documents = tuple(video_documents(video, revision))
    present = {document.facet for document in documents}
    return Change(
        revision, documents, tuple(document_id(facet, video.id) for facet in VIDEO_FACETS if facet not in present)
    )


def _check_name(home: Home, encoder: Encoder) -> None:
    if encoder.name != configured_name(home.encoder):
        raise HomeVersion(
            "the wrong encoder was loaded",
            expected=f"{configured_name(home.encoder)}, which the home uses",
            found=encoder.name,
            remedy=f"set {configured_name(home.encoder)}, or run `shortlist doctor rebuild --encoder {encoder.name}`",
        )
