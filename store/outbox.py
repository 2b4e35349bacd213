"""The outbox: Chroma follows the catalogue in the order of its revisions.

Both sides note the revision up to which Chroma follows. Where the notes agree, only later changes are delivered. Where
they differ (a restored backup) every record is compared and what differs is written again. A Chroma that is missing,
foreign, or was open in a process that was killed, is rebuilt from the cached embeddings. Writing twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shortlist.core.errors import HomeDamaged
from shortlist.store.embed import Change, Embedder, LoadEncoder, batches, changes
from shortlist.store.home import Home

Progress = Callable[[int], None]


def pending(home: Home) -> int:
    """How many records Chroma does not follow yet. Quick: Chroma is not loaded."""
    usable = home.documents.exist() and not home.documents.interrupted()
    delivered = home.catalogue.delivered() if usable else 0
    return home.catalogue.changed_since(delivered)


def deliver(home: Home, encoder: LoadEncoder, progress: Progress | None = None) -> int:
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
    """One call of `deliver`, and the number of records handled so far."""

    def __init__(self, home: Home, load: LoadEncoder, progress: Progress | None) -> None:
        self._home = home
        self._embedder = Embedder(home, load)
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
                remedy="rebuild it from the catalogue with `shortlist rebuild`",
            )

    def _run(self, after: int) -> None:
        documents = self._home.documents
        marked = after
        for batch in batches(changes(self._home, after)):
            self._write(batch)
            # The revision of the last record may go on in the next batch, so only the one before is complete.
            if batch[-1].revision - 1 > marked:
                marked = batch[-1].revision - 1
                documents.mark(marked)
            self.delivered += len(batch)
            if self._progress:
                self._progress(len(batch))
        documents.mark(self._home.catalogue.revision())

    def _write(self, batch: list[Change]) -> None:
        documents = self._home.documents
        wanted = [document for change in batch for document in change.documents]
        held = documents.metadata_of(document.id for document in wanted)
        stale, mislabelled = [], []
        for document in wanted:
            before = held.get(document.id, {})
            if before.get("text_sha") != document.text_sha:
                stale.append(document)
            elif before != {key: value for key, value in document.metadata.items() if value is not None}:
                mislabelled.append(document)
        vectors = self._embedder.embed(stale)
        documents.upsert([replace(document, vector=vectors[document.text_sha]) for document in stale])
        documents.relabel(mislabelled)
        documents.delete([one for change in batch for one in change.gone])


def _agreed_revision(home: Home) -> int:
    # What Chroma holds after its process was killed is not to be trusted, even where it can be read.
    delivered = None if home.documents.interrupted() else home.documents.delivered()
    if delivered is None:
        home.documents.reset()
    return delivered or 0


def expected_documents(home: Home) -> int:
    """How many documents Chroma has to hold."""
    counts = home.catalogue.content_counts()
    return counts.videos + counts.enriched + counts.articles


def _complete(home: Home) -> bool:
    return home.documents.count() == expected_documents(home)


def _strays(home: Home) -> list[str]:
    wanted = {document.id for change in changes(home, after=0) for document in change.documents}
    return [one for one in home.documents.ids() if one not in wanted]
