"""The documents: transcripts, summaries and articles with their vectors, in one Chroma collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.store.documents.chroma_folder import Chroma, Ledger, Locked
from shortlist.store.documents.document import Document, Facet, document_id

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

T = TypeVar("T")

PAGE = 5000  # Chroma fails on more ids at once ("too many SQL variables")
LETTERS = 4_000_000  # of the texts written at once: a server takes 40 MB, vectors and all


@dataclass(frozen=True, slots=True)
class DocumentStamp:
    """What the collection says of itself: whose it is and up to which revision it follows the catalogue."""

    home_id: str
    encoder: str
    delivered: int = 0


class Documents:
    """The collection of one home. Nothing is loaded or made before it is needed.

    Writing takes the writer lock, and so does reading where Chroma is embedded: put `with home.writing():` around
    several calls. Raises `HomeLocked`, `HomeDamaged` when the collection is unreadable or not this home's, and
    `ServiceError` where a server does not answer.
    """

    def __init__(self, chroma: Chroma, stamp: DocumentStamp, ledger: Ledger, locked: Locked) -> None:
        self._chroma = chroma
        self._blank = replace(stamp, delivered=0)
        self._ledger = ledger
        self._locked = locked

    def exist(self) -> bool:
        """Whether there may be documents. Takes no lock, loads nothing and asks no server."""
        return self._chroma.exist()

    def interrupted(self) -> bool:
        """Whether a process died while it had Chroma embedded and open. Loads nothing."""
        return self._chroma.interrupted()

    def delivered(self) -> int | None:
        """The revision up to which both sides agree that Chroma follows.

        0 where they differ, None where the collection is missing or belongs to another home or encoder.
        """
        with self._chroma.reading("reading documents"):
            stamp = _stamp(self._chroma.collection())
            if stamp is None or replace(stamp, delivered=0) != self._blank:
                return None
            return stamp.delivered if stamp.delivered == self._ledger.delivered() else 0

    def mark(self, delivered: int) -> None:
        """Note that all documents up to revision `delivered` are in: here first, then in the ledger."""
        with self._changing() as collection:
            collection.modify(metadata=asdict(replace(self._blank, delivered=delivered)))
        self._ledger.set_delivered(delivered)

    def reset(self) -> None:
        """Drop all documents, readable or not, and begin an empty collection at revision 0."""
        with self._locked("dropping the documents"):
            self._ledger.set_delivered(0)
            self._chroma.begin(asdict(self._blank))

    def upsert(self, documents: Sequence[Document]) -> None:
        """Write encoded documents, each replacing the one with its id."""
        for batch in self._batches(documents):
            vectors = np.stack([_vector(document) for document in batch])
            with self._changing() as collection:
                collection.upsert(
                    ids=[document.id for document in batch],
                    embeddings=vectors,
                    documents=[document.text for document in batch],
                    metadatas=[dict(document.metadata) for document in batch],
                )

    def relabel(self, documents: Sequence[Document]) -> None:
        """Replace the metadata of documents that are there; their texts and vectors stay."""
        for batch in self._batches(documents):
            with self._changing() as collection:
                collection.update(
                    ids=[document.id for document in batch],
                    metadatas=[dict(document.metadata) for document in batch],
                )

    def delete(self, ids: Sequence[str]) -> None:
        """Delete documents by their ids in Chroma; those that are not there are passed over."""
        for batch in _pages(ids):
            with self._changing() as collection:
                collection.delete(ids=list(batch))

    def count(self) -> int:
        """How many documents there are."""
        if not self.exist():
            return 0
        with self._looking() as collection:
            return collection.count()

    def ids(self) -> list[str]:
        """The ids in Chroma of all documents, sorted."""
        if not self.exist():
            return []
        with self._looking() as collection:
            return sorted(collection.get(include=[])["ids"])

    def metadata_of(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The metadata of those documents that are there, by id in Chroma."""
        found: dict[str, dict[str, Any]] = {}
        for batch in _pages(list(ids)):
            with self._looking() as collection:
                got = collection.get(ids=list(batch), include=["metadatas"])
            found.update(zip(got["ids"], map(dict, got["metadatas"] or []), strict=True))
        return found

    def vectors(self, facet: Facet, item_ids: Iterable[str]) -> dict[str, FloatArray]:
        """float32[d] of unit length for those items that have a document of this facet, by item id. For checks only."""
        if not self.exist():
            return {}
        found: dict[str, FloatArray] = {}
        with self._chroma.reading("reading documents"):
            for batch in _pages(list(item_ids)):
                found.update(self._vectors(facet, batch))
        return found

    def release(self) -> None:
        """The writer lock is about to be given back."""
        self._chroma.release()

    def close(self) -> None:
        """Close Chroma. The next call opens it again."""
        self._chroma.close()

    def _vectors(self, facet: Facet, item_ids: Sequence[str]) -> dict[str, FloatArray]:
        asked = {document_id(facet, item_id): item_id for item_id in item_ids}
        with self._looking() as collection:
            got = collection.get(ids=list(asked), include=["embeddings"])
        rows = np.asarray(got["embeddings"], dtype=np.float32)  # Chroma hands out float64
        by_id = dict(zip(got["ids"], rows, strict=True))
        return {item_id: by_id[one] for one, item_id in asked.items() if one in by_id}

    def _batches(self, documents: Sequence[Document]) -> Iterator[list[Document]]:
        """As many at once as Chroma takes."""
        most = self._chroma.batch() if documents else 0
        batch: list[Document] = []
        letters = 0
        for document in documents:
            letters += len(document.text)
            if batch and (len(batch) == most or letters > LETTERS):
                yield batch
                batch, letters = [], len(document.text)
            batch.append(document)
        if batch:
            yield batch

    @contextmanager
    def _changing(self) -> Iterator[Collection]:
        with self._locked("writing documents"), self._looking() as collection:
            yield collection

    @contextmanager
    def _looking(self) -> Iterator[Collection]:
        with self._chroma.reading("reading documents"):
            collection = self._chroma.collection()
            stamp = _stamp(collection)
            if collection is None or stamp is None or replace(stamp, delivered=0) != self._blank:
                raise self._chroma.damaged("no collection of this home and encoder")
            with self._chroma.errors():
                yield collection


def _stamp(collection: Collection | None) -> DocumentStamp | None:
    if collection is None:
        return None
    said = collection.metadata or {}
    return DocumentStamp(str(said.get("home_id")), str(said.get("encoder")), int(said.get("delivered", 0)))


def _vector(document: Document) -> FloatArray:
    if document.vector is None:
        raise ValueError(f"{document.id} is not encoded")
    return document.vector


def _pages(items: Sequence[T], size: int = PAGE) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
