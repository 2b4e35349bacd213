"""The outbox: deliver changes of the catalogue to Chroma, ordered by revision.

The catalogue and the collection both store the revision delivered last. If they agree, only later changes are
delivered. If they differ (after a restored backup), every record is compared, and documents that differ are written
again. A collection that is missing, of another home, or was open in a process that was killed, is rebuilt from the
cached embeddings. Writing a document twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shortlist.core.errors import HomeDamaged
from shortlist.store.embed import Change, Embedder, LoadEncoder, batches, changes
from shortlist.store.home import Home

Progress = Callable[[int], None]


def pending(home: Home) -> int:
    """Return the number of records to deliver. Does not load Chroma."""
    usable = home.documents.exists() and not home.documents.was_interrupted()
    delivered = home.catalogue.delivered() if usable else 0
    return home.catalogue.changed_since(delivered)


def deliver(home: Home, encoder: LoadEncoder, progress: Progress | None = None) -> int:
    """Deliver all pending changes to Chroma. Return the number of records compared.

    `encoder` is called at most once, for the first text that is not cached.
    Raises `HomeLocked`, `HomeVersion` if the encoder is not the home's, and `HomeDamaged` if Chroma is unreadable or
    loses documents.
    """
    with home.writing("writing documents to Chroma"):
        delivery = _Delivery(home, encoder, progress)
        delivery.run()
        return delivery.delivered


class _Delivery:
    """One call of `deliver`, and the number of records handled so far."""

    def __init__(self, home: Home, load: LoadEncoder, progress: Progress | None) -> None:
        self._home = home
        self._embedder = Embedder(home, load)
        self._progress = progress
        self.delivered = 0

    def run(self) -> None:
        """Deliver new changes. If Chroma then has too few documents or too many, deliver everything."""
        self._deliver(after=_agreed_revision(self._home))
        if not _is_complete(self._home):
            self._home.documents.delete(_unknown_ids(self._home))
            self._deliver(after=0)
        if not _is_complete(self._home):
            raise HomeDamaged(
                "Chroma lost documents",
                expected=f"{expected_documents(self._home)} documents",
                found=f"{self._home.documents.count()}",
                remedy="rebuild it from the catalogue with `shortlist doctor rebuild`",
            )

    def _deliver(self, after: int) -> None:
        documents = self._home.documents
        delivered = after
        for batch in batches(changes(self._home, after)):
            self._write(batch)
            # The last revision of a batch may continue in the next one, so only the one before is complete.
            if batch[-1].revision - 1 > delivered:
                delivered = batch[-1].revision - 1
                documents.set_delivered(delivered)
            self.delivered += len(batch)
            if self._progress:
                self._progress(len(batch))
        documents.set_delivered(self._home.catalogue.revision())

    def _write(self, batch: list[Change]) -> None:
        documents = self._home.documents
        current = [document for change in batch for document in change.documents]
        stored = documents.get_metadata(document.id for document in current)
        new_texts, new_metadata = [], []
        for document in current:
            before = stored.get(document.id, {})
            if before.get("text_sha") != document.text_sha:
                new_texts.append(document)
            elif before != {key: value for key, value in document.metadata.items() if value is not None}:
                new_metadata.append(document)
        vectors = self._embedder.embed(new_texts)
        documents.upsert([replace(document, vector=vectors[document.text_sha]) for document in new_texts])
        documents.update_metadata(new_metadata)
        documents.delete([removed for change in batch for removed in change.removed_ids])


def _agreed_revision(home: Home) -> int:
    # After its process was killed, Chroma may be damaged even if it can be read.
    delivered = None if home.documents.was_interrupted() else home.documents.delivered()
    if delivered is None:
        home.documents.reset()
    return delivered or 0


def expected_documents(home: Home) -> int:
    """Return the number of documents that Chroma should have."""
    counts = home.catalogue.content_counts()
    return counts.videos + counts.enriched + counts.articles


def _is_complete(home: Home) -> bool:
    return home.documents.count() == expected_documents(home)


def _unknown_ids(home: Home) -> list[str]:
    known = {document.id for change in changes(home, after=0) for document in change.documents}
    return [found for found in home.documents.ids() if found not in known]
