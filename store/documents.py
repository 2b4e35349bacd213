"""The documents: transcripts, summaries and articles with their vectors, in one Chroma collection."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from core.errors import HomeLocked
from core.ranking import FloatArray
from store.chroma import chroma_errors, close_client, damaged_chroma, open_client
from store.document import Document, Facet, document_id
from store.seal import is_sealed, remove_seal

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

T = TypeVar("T")
Locked = Callable[[str], AbstractContextManager[None]]

COLLECTION = "documents"
PAGE = 5000  # Chroma fails on more ids at once ("too many SQL variables"), and takes at most 5,461 for writing


class Ledger(Protocol):
    """Where the other side of the outbox notes how far Chroma follows."""

    def delivered(self) -> int:
        """The revision up to which Chroma follows."""
        ...

    def set_delivered(self, revision: int) -> None:
        """Note that Chroma follows up to `revision`."""
        ...


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the collection says of itself: whose it is and up to which revision it follows the catalogue."""

    home_id: str
    encoder: str
    delivered: int = 0


class Documents:
    """The collection of one home. Nothing is loaded or made before it is needed.

    Chroma keeps part of its state in memory and lets nobody else change the folder meanwhile. So every method takes
    the writer lock, and Chroma stays open only as long as that is held: put `with home.writing():` around
    several calls. Raises `HomeLocked`, and `HomeDamaged` when the folder is unreadable or not this home's.
    """

    def __init__(self, folder: Path, stamp: Stamp, ledger: Ledger, locked: Locked) -> None:
        self._folder = folder
        self._blank = replace(stamp, delivered=0)
        self._ledger = ledger
        self._locked = locked
        self._client: Client | None = None
        self._collection: Collection | None = None

    def exist(self) -> bool:
        """Whether there is a Chroma folder. Takes no lock and loads nothing."""
        return (self._folder / "chroma.sqlite3").exists()

    def interrupted(self) -> bool:
        """Whether a process died while it had the folder open. Loads nothing.

        False while it is open: here, or in the process that holds the lock.
        """
        if self._client is not None or not self.exist() or is_sealed(self._folder):
            return False
        with suppress(HomeLocked), self._locked("looking at the documents"):
            return not is_sealed(self._folder)
        return False

    def delivered(self) -> int | None:
        """The revision up to which both sides agree that Chroma follows.

        0 where they differ, None where the collection is missing or belongs to another home or encoder.
        """
        with self._locked("reading documents"):
            stamp = self._stamp()
            if stamp is None or replace(stamp, delivered=0) != self._blank:
                return None
            return stamp.delivered if stamp.delivered == self._ledger.delivered() else 0

    def mark(self, delivered: int) -> None:
        """Note that all documents up to revision `delivered` are in: here first, then in the ledger."""
        with self._using("writing documents") as collection:
            collection.modify(metadata=asdict(replace(self._blank, delivered=delivered)))
        self._ledger.set_delivered(delivered)

    def reset(self) -> None:
        """Drop all documents, readable or not, and begin an empty collection at revision 0."""
        with self._locked("dropping the documents"):
            self._ledger.set_delivered(0)
            self.close()
            with chroma_errors(self._folder):
                remove_seal(self._folder)  # first: half a folder with a seal would pass for a damaged one
                if self._folder.exists():
                    shutil.rmtree(self._folder)
            client = self._opened()
            with chroma_errors(self._folder):
                self._collection = client.get_or_create_collection(
                    COLLECTION,
                    metadata=asdict(self._blank),
                    configuration={"hnsw": {"space": "cosine"}},
                    embedding_function=None,
                )

    def upsert(self, documents: Sequence[Document]) -> None:
        """Write encoded documents, each replacing the one with its id."""
        for batch in _pages(documents):
            vectors = np.stack([_vector(document) for document in batch])
            with self._using("writing documents") as collection:
                collection.upsert(
                    ids=[document.id for document in batch],
                    embeddings=vectors,
                    documents=[document.text for document in batch],
                    metadatas=[dict(document.metadata) for document in batch],
                )

    def relabel(self, documents: Sequence[Document]) -> None:
        """Replace the metadata of documents that are there; their texts and vectors stay."""
        for batch in _pages(documents):
            with self._using("writing documents") as collection:
                collection.update(
                    ids=[document.id for document in batch],
                    metadatas=[dict(document.metadata) for document in batch],
                )

    def delete(self, ids: Sequence[str]) -> None:
        """Delete documents by their ids in Chroma; those that are not there are passed over."""
        for batch in _pages(ids):
            with self._using("writing documents") as collection:
                collection.delete(ids=list(batch))

    def count(self) -> int:
        """How many documents there are."""
        if not self.exist():
            return 0
        with self._using("reading documents") as collection:
            return collection.count()

    def ids(self) -> list[str]:
        """The ids in Chroma of all documents, sorted."""
        if not self.exist():
            return []
        with self._using("reading documents") as collection:
            return sorted(collection.get(include=[])["ids"])

    def metadata_of(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The metadata of those documents that are there, by id in Chroma."""
        found: dict[str, dict[str, Any]] = {}
        for batch in _pages(list(ids)):
            with self._using("reading documents") as collection:
                got = collection.get(ids=list(batch), include=["metadatas"])
            found.update(zip(got["ids"], map(dict, got["metadatas"] or []), strict=True))
        return found

    def vectors(self, facet: Facet, item_ids: Iterable[str]) -> dict[str, FloatArray]:
        """float32[d] of unit length for those items that have a document of this facet, by item id."""
        if not self.exist():
            return {}
        found: dict[str, FloatArray] = {}
        with self._locked("reading documents"):
            for batch in _pages(list(item_ids)):
                found.update(self._vectors(facet, batch))
        return found

    def iter_vectors(self, facet: Facet, page: int = PAGE) -> Iterator[tuple[list[str], FloatArray]]:
        """Pages of (item ids, float32[n, d] aligned with them) over all documents of a facet, ordered by id.

        The writer lock is held until the last page is taken.
        """
        with self._locked("reading documents"):
            prefix = document_id(facet, "")
            items = [one.removeprefix(prefix) for one in self.ids() if one.startswith(prefix)]
            for batch in _pages(items, min(page, PAGE)):
                found = self._vectors(facet, batch)
                yield list(found), np.stack(list(found.values()))

    def close(self) -> None:
        """Close Chroma. The next call opens it again."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            close_client(client, self._folder)

    def _vectors(self, facet: Facet, item_ids: Sequence[str]) -> dict[str, FloatArray]:
        asked = {document_id(facet, item_id): item_id for item_id in item_ids}
        with self._using("reading documents") as collection:
            got = collection.get(ids=list(asked), include=["embeddings"])
        rows = np.asarray(got["embeddings"], dtype=np.float32)  # Chroma hands out float64
        by_id = dict(zip(got["ids"], rows, strict=True))
        return {item_id: by_id[one] for one, item_id in asked.items() if one in by_id}

    @contextmanager
    def _using(self, doing: str) -> Iterator[Collection]:
        with self._locked(doing):
            stamp = self._stamp()
            if self._collection is None or stamp is None or replace(stamp, delivered=0) != self._blank:
                raise damaged_chroma(self._folder, "no collection of this home and encoder")
            with chroma_errors(self._folder):
                yield self._collection

    def _stamp(self) -> Stamp | None:
        if self._collection is None and self.exist():
            self._collection = self._found()
        if self._collection is None:
            return None
        said = self._collection.metadata or {}
        return Stamp(str(said.get("home_id")), str(said.get("encoder")), int(said.get("delivered", 0)))

    def _found(self) -> Collection | None:
        from chromadb.errors import NotFoundError

        client = self._opened()
        with chroma_errors(self._folder), suppress(NotFoundError):
            return client.get_collection(COLLECTION, embedding_function=None)
        return None

    def _opened(self) -> Client:
        if self._client is None:
            self._client = open_client(self._folder)
        return self._client


def _vector(document: Document) -> FloatArray:
    if document.vector is None:
        raise ValueError(f"{document.id} is not encoded")
    return document.vector


def _pages(items: Sequence[T], size: int = PAGE) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
