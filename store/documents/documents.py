"""Transcripts, summaries and articles with their vectors, in one Chroma collection."""

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
MAX_CHARACTERS = 4_000_000  # of texts in one write: a server accepts 40 MB, vectors included


@dataclass(frozen=True, slots=True)
class DocumentStamp:
    """The metadata of a collection: its home, its encoder, and the revision delivered last."""

    home_id: str
    encoder: str
    delivered: int = 0


class Documents:
    """The collection of one home. It is loaded or created at first use.

    Writing takes the writer lock, and so does reading if Chroma is embedded: put `with home.writing():` around several
    calls. Methods raise `HomeLocked`, `HomeDamaged` if the collection is unreadable or not this home's, and
    `ServiceError` if a server does not answer.
    """

    def __init__(self, chroma: Chroma, stamp: DocumentStamp, ledger: Ledger, locked: Locked) -> None:
        self._chroma = chroma
        self._identity = replace(stamp, delivered=0)
        self._ledger = ledger
        self._locked = locked

    def exists(self) -> bool:
        """Return whether there may be documents. Takes no lock, loads nothing and sends no request."""
        return self._chroma.exists()

    def was_interrupted(self) -> bool:
        """Return whether a process died while it had an embedded Chroma open. Loads nothing."""
        return self._chroma.was_interrupted()

    def delivered(self) -> int | None:
        """Return the revision delivered last, if the catalogue and the collection agree.

        Return 0 if they differ, None if the collection is missing or belongs to another home or encoder.
        """
        with self._chroma.reading("reading documents"):
            stamp = _stamp(self._chroma.collection())
            if stamp is None or replace(stamp, delivered=0) != self._identity:
                return None
            return stamp.delivered if stamp.delivered == self._ledger.delivered() else 0

    def set_delivered(self, delivered: int) -> None:
        """Store that all documents up to revision `delivered` are written: here first, then in the ledger."""
        with self._writing() as collection:
            collection.modify(metadata=asdict(replace(self._identity, delivered=delivered)))
        self._ledger.set_delivered(delivered)

    def reset(self) -> None:
        """Delete all documents, readable or not, and create an empty collection at revision 0."""
        with self._locked("deleting the documents"):
            self._ledger.set_delivered(0)
            self._chroma.recreate(asdict(self._identity))

    def upsert(self, documents: Sequence[Document]) -> None:
        """Write encoded documents. Each replaces the document with the same id."""
        for batch in self._batches(documents):
            vectors = np.stack([_vector(document) for document in batch])
            with self._writing() as collection:
                collection.upsert(
                    ids=[document.id for document in batch],
                    embeddings=vectors,
                    documents=[document.text for document in batch],
                    metadatas=[dict(document.metadata) for document in batch],
                )

    def update_metadata(self, documents: Sequence[Document]) -> None:
        """Replace the metadata of existing documents. Texts and vectors stay."""
        for batch in self._batches(documents):
            with self._writing() as collection:
                collection.update(
                    ids=[document.id for document in batch],
                    metadatas=[dict(document.metadata) for document in batch],
                )

    def delete(self, ids: Sequence[str]) -> None:
        """Delete documents by their ids in Chroma. Unknown ids are ignored."""
        for batch in _pages(ids):
            with self._writing() as collection:
                collection.delete(ids=list(batch))

    def count(self) -> int:
        """Return the number of documents."""
        if not self.exists():
            return 0
        with self._reading() as collection:
            return collection.count()

    def ids(self) -> list[str]:
        """Return the ids in Chroma of all documents, sorted."""
        if not self.exists():
            return []
        with self._reading() as collection:
            return sorted(collection.get(include=[])["ids"])

    def get_metadata(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the metadata of existing documents, by id in Chroma."""
        found: dict[str, dict[str, Any]] = {}
        for batch in _pages(list(ids)):
            with self._reading() as collection:
                result = collection.get(ids=list(batch), include=["metadatas"])
            found.update(zip(result["ids"], map(dict, result["metadatas"] or []), strict=True))
        return found

    def vectors(self, facet: Facet, item_ids: Iterable[str]) -> dict[str, FloatArray]:
        """Return float32[d] of unit length by item id, for items with a document of this facet. For checks only."""
        if not self.exists():
            return {}
        found: dict[str, FloatArray] = {}
        with self._chroma.reading("reading documents"):
            for batch in _pages(list(item_ids)):
                found.update(self._vectors(facet, batch))
        return found

    def release(self) -> None:
        """Prepare for the release of the writer lock."""
        self._chroma.release()

    def close(self) -> None:
        """Close Chroma. The next call opens it again."""
        self._chroma.close()

    def _vectors(self, facet: Facet, item_ids: Sequence[str]) -> dict[str, FloatArray]:
        requested = {document_id(facet, item_id): item_id for item_id in item_ids}
        with self._reading() as collection:
            result = collection.get(ids=list(requested), include=["embeddings"])
        rows = np.asarray(result["embeddings"], dtype=np.float32)  # Chroma returns float64
        by_id = dict(zip(result["ids"], rows, strict=True))
        return {item_id: by_id[id_] for id_, item_id in requested.items() if id_ in by_id}

    def _batches(self, documents: Sequence[Document]) -> Iterator[list[Document]]:
        """Yield `documents` in batches that Chroma accepts."""
        most = self._chroma.max_batch_size() if documents else 0
        batch: list[Document] = []
        characters = 0
        for document in documents:
            characters += len(document.text)
            if batch and (len(batch) == most or characters > MAX_CHARACTERS):
                yield batch
                batch, characters = [], len(document.text)
            batch.append(document)
        if batch:
            yield batch

    @contextmanager
    def _writing(self) -> Iterator[Collection]:
        with self._locked("writing documents"), self._reading() as collection:
            yield collection

    @contextmanager
    def _reading(self) -> Iterator[Collection]:
        with self._chroma.reading("reading documents"):
            collection = self._chroma.collection()
            stamp = _stamp(collection)
            if collection is None or stamp is None or replace(stamp, delivered=0) != self._identity:
                raise self._chroma.damaged("no collection of this home and encoder")
            with self._chroma.errors():
                yield collection


def _stamp(collection: Collection | None) -> DocumentStamp | None:
    if collection is None:
        return None
    metadata = collection.metadata or {}
    return DocumentStamp(str(metadata.get("home_id")), str(metadata.get("encoder")), int(metadata.get("delivered", 0)))


def _vector(document: Document) -> FloatArray:
    if document.vector is None:
        raise ValueError(f"{document.id} is not encoded")
    return document.vector


def _pages(items: Sequence[T], size: int = PAGE) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
