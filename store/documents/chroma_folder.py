"""The interface to a Chroma collection, and its implementation with an embedded Chroma in a folder."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from shortlist.core.errors import HomeDamaged, HomeLocked, StateError
from shortlist.store.documents.checksum_seal import break_seal, is_sealed, remove_seal, write_seal
from shortlist.store.sql.sqlite_errors import no_space, not_writable

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

Locked = Callable[[str], AbstractContextManager[None]]
Metadata = Mapping[str, str | int]

COLLECTION = "documents"
COSINE: Any = {"hnsw": {"space": "cosine"}}
REBUILD = "rebuild it from the catalogue with `shortlist doctor rebuild`"


class Ledger(Protocol):
    """Stores the revision delivered last, in the catalogue."""

    def delivered(self) -> int:
        """Return the revision delivered last."""
        ...

    def set_delivered(self, revision: int) -> None:
        """Store `revision` as delivered."""
        ...


class Chroma(Protocol):
    """One collection. It is loaded or created at first use."""

    def exists(self) -> bool:
        """Return whether there may be documents. Takes no lock, loads nothing and sends no request."""
        ...

    def was_interrupted(self) -> bool:
        """Return whether a process died while it had the collection open: it may be damaged. Loads nothing."""
        ...

    def reading(self, doing: str) -> AbstractContextManager[None]:
        """Hold the lock that reading needs. Raises `HomeLocked` if another process has it."""
        ...

    def collection(self) -> Collection | None:
        """Return the current collection; None if there is none."""
        ...

    def recreate(self, metadata: Metadata) -> None:
        """Delete the collection, readable or not, and create an empty one. Needs the writer lock."""
        ...

    def max_batch_size(self) -> int:
        """Return the largest number of documents of one write."""
        ...

    def errors(self) -> AbstractContextManager[None]:
        """Translate Chroma's exceptions. Put only calls of Chroma inside."""
        ...

    def damaged(self, found: str) -> HomeDamaged:
        """Return the error for a damaged collection. `found` is the symptom."""
        ...

    def release(self) -> None:
        """Prepare for the release of the writer lock."""
        ...

    def close(self) -> None:
        """Close everything. The next call opens it again."""
        ...


class ChromaFolder:
    """An embedded Chroma over the folder at `path`.

    Chroma caches part of its state in memory, so no other process may change the folder meanwhile. Reading therefore
    needs the writer lock too, and Chroma stays open only as long as the lock is held.
    """

    def __init__(self, path: Path, locked: Locked) -> None:
        self._path = path
        self._locked = locked
        self._client: Client | None = None
        self._collection: Collection | None = None

    def exists(self) -> bool:
        """Return whether there is a Chroma folder."""
        return (self._path / "chroma.sqlite3").exists()

    def was_interrupted(self) -> bool:
        """Return whether the folder lacks its seal. False while it is open here or in the process with the lock."""
        if self._client is not None or not self.exists() or is_sealed(self._path):
            return False
        with suppress(HomeLocked), self._locked("checking the documents"):
            return not is_sealed(self._path)
        return False

    def reading(self, doing: str) -> AbstractContextManager[None]:
        """Hold the writer lock."""
        return self._locked(doing)

    def collection(self) -> Collection | None:
        """Open the collection once: no other process changes it."""
        from chromadb.errors import NotFoundError

        if self._collection is None and self.exists():
            client = self._get_client()
            with self.errors(), suppress(NotFoundError):
                self._collection = client.get_collection(COLLECTION, embedding_function=None)
        return self._collection

    def recreate(self, metadata: Metadata) -> None:
        """Delete the folder and create a new one."""
        self.close()
        with self.errors():
            remove_seal(self._path)  # first: half a folder with a seal would look damaged
            if self._path.exists():
                shutil.rmtree(self._path)
        client = self._get_client()
        with self.errors():
            self._collection = client.get_or_create_collection(
                COLLECTION,
                metadata=dict(metadata),
                configuration=COSINE,
                embedding_function=None,
            )

    def max_batch_size(self) -> int:
        """Return 5,000; Chroma's own limit is 5,461."""
        return 5000

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Translate exceptions to `StateError`."""
        from chromadb.errors import ChromaError

        try:
            yield
        except StateError:
            raise
        except (ChromaError, sqlite3.Error, OSError, ValueError, AttributeError) as error:
            raise self._translate(error) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # a panic of Chroma's Rust core is not an Exception
                raise
            raise self._translate(error) from error

    def damaged(self, found: str) -> HomeDamaged:
        """Return the error for a damaged folder."""
        problem, expected = f"the Chroma folder {self._path} is damaged", "documents as they were written"
        return HomeDamaged(problem, expected=expected, found=found, remedy=REBUILD)

    def release(self) -> None:
        """Close Chroma: the next process with the lock may change the files."""
        self.close()

    def close(self) -> None:
        """Close Chroma and seal its folder. Raises `StateError`."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            with self.errors():
                client.close()
                write_seal(self._path)

    def _get_client(self) -> Client:
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
                raise self.damaged(f"a change of {changed}")
            try:
                client = chromadb.PersistentClient(str(self._path), settings=Settings(anonymized_telemetry=False))
            except BaseException:
                SharedSystemClient.clear_system_cache()  # it caches the failed client and would return it again
                raise
        return cast("Client", client)  # the declared type lacks `close`

    def _translate(self, error: BaseException) -> StateError:
        cause = error
        while cause.__context__ is not None:  # Chroma wraps the reason in its own errors
            cause = cause.__context__
        message = (str(cause) or type(cause).__name__).splitlines()[0]
        if "disk is full" in message or "No space left" in message:
            return no_space(self._path, message)
        if "readonly database" in message or "Permission denied" in message or "Read-only" in message:
            return not_writable(self._path, message)
        return self.damaged(message)
