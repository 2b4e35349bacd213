"""Where Chroma is: what documents need of it, and the embedded one, a folder with its errors turned into ours."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from shortlist.core.errors import HomeDamaged, HomeLocked, StateError
from shortlist.store.documents.seal import break_seal, is_sealed, remove_seal, write_seal
from shortlist.store.sql.sqlite_errors import no_space, not_writable

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

Locked = Callable[[str], AbstractContextManager[None]]
Metadata = Mapping[str, str | int]

COLLECTION = "documents"
COSINE: Any = {"hnsw": {"space": "cosine"}}
REBUILD = "make it anew from the catalogue with `shortlist rebuild`"


class Ledger(Protocol):
    """Where the other side of the outbox notes how far Chroma follows."""

    def delivered(self) -> int:
        """The revision up to which Chroma follows."""
        ...

    def set_delivered(self, revision: int) -> None:
        """Note that Chroma follows up to `revision`."""
        ...


class Chroma(Protocol):
    """One collection somewhere. Nothing is loaded or made before it is needed."""

    def exist(self) -> bool:
        """Whether there may be documents. Takes no lock, loads nothing and asks no server."""
        ...

    def interrupted(self) -> bool:
        """Whether a process died while it had the collection open, so that it is not to be trusted. Loads nothing."""
        ...

    def reading(self, doing: str) -> AbstractContextManager[None]:
        """Around every look at the collection; `HomeLocked` where nobody may look while another process writes."""
        ...

    def collection(self) -> Collection | None:
        """The collection as it is now; None where there is none."""
        ...

    def begin(self, metadata: Metadata) -> None:
        """Drop the collection, readable or not, and make an empty one. Needs the writer lock."""
        ...

    def batch(self) -> int:
        """How many documents are written at once, at most."""
        ...

    def errors(self) -> AbstractContextManager[None]:
        """Translate what Chroma raises inside; only calls of Chroma belong there."""
        ...

    def damaged(self, found: str) -> HomeDamaged:
        """The collection is not what was written; `found` says how that showed."""
        ...

    def release(self) -> None:
        """The writer lock is about to be given back."""
        ...

    def close(self) -> None:
        """Give everything back. The next call opens it again."""
        ...


class ChromaFolder:
    """Chroma embedded over the folder at `path`.

    It keeps part of its state in memory and lets nobody else change the folder meanwhile. So whoever looks must hold
    the writer lock, and it stays open only as long as that is held.
    """

    def __init__(self, path: Path, locked: Locked) -> None:
        self._path = path
        self._locked = locked
        self._client: Client | None = None
        self._collection: Collection | None = None

    def exist(self) -> bool:
        """Whether there is a Chroma folder."""
        return (self._path / "chroma.sqlite3").exists()

    def interrupted(self) -> bool:
        """Whether the folder is without its seal. False while it is open: here, or in the process with the lock."""
        if self._client is not None or not self.exist() or is_sealed(self._path):
            return False
        with suppress(HomeLocked), self._locked("looking at the documents"):
            return not is_sealed(self._path)
        return False

    def reading(self, doing: str) -> AbstractContextManager[None]:
        """Holds the writer lock."""
        return self._locked(doing)

    def collection(self) -> Collection | None:
        """Opened once, for nobody else changes it."""
        from chromadb.errors import NotFoundError

        if self._collection is None and self.exist():
            client = self._opened()
            with self.errors(), suppress(NotFoundError):
                self._collection = client.get_collection(COLLECTION, embedding_function=None)
        return self._collection

    def begin(self, metadata: Metadata) -> None:
        """Removes the folder."""
        self.close()
        with self.errors():
            remove_seal(self._path)  # first: half a folder with a seal would pass for a damaged one
            if self._path.exists():
                shutil.rmtree(self._path)
        client = self._opened()
        with self.errors():
            self._collection = client.get_or_create_collection(
                COLLECTION,
                metadata=dict(metadata),
                configuration=COSINE,
                embedding_function=None,
            )

    def batch(self) -> int:
        """Chroma's own limit is 5,461."""
        return 5000

    @contextmanager
    def errors(self) -> Iterator[None]:
        """As the protocol says."""
        from chromadb.errors import ChromaError

        try:
            yield
        except StateError:
            raise
        except (ChromaError, sqlite3.Error, OSError, ValueError, AttributeError) as error:
            raise self._translated(error) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # a panic of Chroma's Rust core is no Exception
                raise
            raise self._translated(error) from error

    def damaged(self, found: str) -> HomeDamaged:
        """As the protocol says."""
        problem, expected = f"the Chroma folder {self._path} is damaged", "documents as they were written"
        return HomeDamaged(problem, expected=expected, found=found, remedy=REBUILD)

    def release(self) -> None:
        """Closes: the next to hold the lock changes the files."""
        self.close()

    def close(self) -> None:
        """Closes Chroma and seals its folder. Raises `StateError`."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            with self.errors():
                client.close()
                write_seal(self._path)

    def _opened(self) -> Client:
        if self._client is None:
            self._client = self._open()
        return self._client

    def _open(self) -> Client:
        import chromadb
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings

        with self.errors():
            changed = break_seal(self._path)
            if changed is not None:
                raise self.damaged(f"another content of {changed}")
            try:
                client = chromadb.PersistentClient(str(self._path), settings=Settings(anonymized_telemetry=False))
            except BaseException:
                SharedSystemClient.clear_system_cache()  # it keeps what failed, and would hand it out again
                raise
        return cast("Client", client)  # the declared type lacks `close`

    def _translated(self, error: BaseException) -> StateError:
        cause = error
        while cause.__context__ is not None:  # Chroma covers the reason with errors of its own
            cause = cause.__context__
        message = (str(cause) or type(cause).__name__).splitlines()[0]
        if "disk is full" in message or "No space left" in message:
            return no_space(self._path, message)
        if "readonly database" in message or "Permission denied" in message or "Read-only" in message:
            return not_writable(self._path, message)
        return self.damaged(message)
