"""The outbox: Chroma follows the catalogue in the order of its revisions.

Both sides note the revision up to which Chroma follows. Where the notes agree, only later changes are
delivered. Where they differ (a restored backup) every record is compared and what differs is written again. Where
Chroma is missing or foreign, or its process was killed, it is made anew from kept vectors. Writing twice does no harm.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from shortlist.core.errors import HomeDamaged, HomeVersion
from shortlist.core.types import Video
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.encoder_version import configured_name
from shortlist.store.documents.document import VIDEO_FACETS, Document, article_documents, document_id, video_documents
from shortlist.store.home import Home

BATCH = 256  # records between two notes of progress; at most two texts each are encoded in one call

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Change:
    """What Chroma has to hold of one record (`wanted`, not encoded yet), and the ids it must not hold."""

    revision: int
    wanted: tuple[Document, ...] = ()
    unwanted: tuple[str, ...] = ()


def pending(home: Home) -> int:
    """How many records Chroma does not follow yet. Quick: Chroma is not loaded."""
    usable = home.documents.exist() and not home.documents.interrupted()
    delivered = home.catalogue.delivered() if usable else 0
    return home.catalogue.changed_since(delivered)


def deliver(home: Home, encoder: Callable[[], Encoder], progress: Progress | None = None) -> int:
    """Make Chroma follow the catalogue; returns how many records were looked at.

    `encoder` is called once, when the first text has to be encoded; one that was encoded before is not.
    Raises `HomeLocked`, `HomeVersion` for an encoder that is not the home's, and `HomeDamaged` when Chroma is
    unreadable or does not keep what it is given.
    """
    with home.writing("writing documents to Chroma"):
        delivery = _Delivery(home, encoder, progress)
        delivery.follow()
        return delivery.delivered


class _Delivery:
    """One call of `deliver`: the encoder, loaded at most once, and the records handled so far."""

    def __init__(self, home: Home, load: Callable[[], Encoder], progress: Progress | None) -> None:
        self._home = home
        self._load = load
        self._encoder: Encoder | None = None
        self._progress = progress
        self.delivered = 0

    def follow(self) -> None:
        """Deliver what is new; everything, if Chroma then has too few documents or too many."""
        self._run(after=_agreed_revision(self._home))
        if not _complete(self._home):
            self._home.documents.delete(_strays(self._home))
            self._run(after=0)
        if not _complete(self._home):
            raise HomeDamaged(
                "Chroma does not hold what it was given",
                expected=f"{expected_documents(self._home)} documents",
                found=f"{self._home.documents.count()}",
                remedy="make it anew from the catalogue with `shortlist rebuild`",
            )

    def _run(self, after: int) -> None:
        documents, changes = self._home.documents, _changes(self._home, after)
        marked = after
        while batch := list(islice(changes, BATCH)):
            self._write(batch)
            # The revision of the last record may go on in the next batch, so only the one before is complete.
            if batch[-1].revision - 1 > marked:
                marked = batch[-1].revision - 1
                documents.mark(marked)
            self.delivered += len(batch)
            if self._progress:
                self._progress(len(batch))
        documents.mark(self._home.catalogue.revision())

    def _write(self, batch: list[_Change]) -> None:
        documents = self._home.documents
        wanted = [document for change in batch for document in change.wanted]
        held = documents.metadata_of(document.id for document in wanted)
        stale, mislabelled = [], []
        for document in wanted:
            before = held.get(document.id, {})
            if before.get("text_sha") != document.text_sha:
                stale.append(document)
            elif before != {key: value for key, value in document.metadata.items() if value is not None}:
                mislabelled.append(document)
        documents.upsert(self._encoded(stale))
        documents.relabel(mislabelled)
        documents.delete([one for change in batch for one in change.unwanted])

    def _encoded(self, documents: list[Document]) -> list[Document]:
        kept = self._home.vectors.recall(self._home.encoder, (document.text_sha for document in documents))
        texts = {document.text_sha: document.text for document in documents if document.text_sha not in kept}
        if texts:
            encoded = self._loaded().encode(list(texts.values()))
            fresh = dict(zip(texts, encoded, strict=True))
            self._home.vectors.keep(self._home.encoder, fresh)
            kept.update(fresh)
        return [replace(document, vector=kept[document.text_sha]) for document in documents]

    def _loaded(self) -> Encoder:
        if self._encoder is None:
            self._encoder = self._load()
            _check_name(self._home, self._encoder)
        return self._encoder


def _agreed_revision(home: Home) -> int:
    # What Chroma holds after its process was killed is not to be trusted, even where it can be read.
    delivered = None if home.documents.interrupted() else home.documents.delivered()
    if delivered is None:
        home.documents.reset()
    return delivered or 0


def _changes(home: Home, after: int) -> Iterator[_Change]:
    catalogue = home.catalogue
    videos = (_video_change(*item) for item in catalogue.videos.iterate(after))
    articles = (
        _Change(revision, tuple(article_documents(article, revision)))
        for revision, article in catalogue.articles.iterate(after)
    )
    removals = (
        _Change(revision, unwanted=tuple(document_id(facet, video_id) for facet in VIDEO_FACETS))
        for revision, video_id in catalogue.videos.iterate_removed(after)
    )
    return heapq.merge(videos, articles, removals, key=lambda change: change.revision)


def _video_change(revision: int, video: Video) -> _Change:
    wanted = tuple(video_documents(video, revision))
    present = {document.facet for document in wanted}
    unwanted = tuple(document_id(facet, video.id) for facet in VIDEO_FACETS if facet not in present)
    return _Change(revision, wanted, unwanted)


def expected_documents(home: Home) -> int:
    """How many documents Chroma has to hold."""
    counts = home.catalogue.content_counts()
    return counts.videos + counts.enriched + counts.articles


def _complete(home: Home) -> bool:
    return home.documents.count() == expected_documents(home)


def _strays(home: Home) -> list[str]:
    wanted = {document.id for change in _changes(home, after=0) for document in change.wanted}
    return [one for one in home.documents.ids() if one not in wanted]


def _check_name(home: Home, encoder: Encoder) -> None:
    if encoder.name != configured_name(home.encoder):
        raise HomeVersion(
            "the wrong encoder was loaded",
            expected=f"{configured_name(home.encoder)}, which the home uses",
            found=encoder.name,
            remedy=f"configure {configured_name(home.encoder)}, or run `shortlist rebuild --encoder {encoder.name}`",
        )
