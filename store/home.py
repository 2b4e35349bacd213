"""The home: everything remembered, opened under one identity and one encoder.

It is one folder. The catalogue and the documents may be on servers instead; the folder then holds what is derived.
"""

from __future__ import annotations

import logging
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, insert, inspect, select, update

from shortlist.core.config import StoreConfig
from shortlist.core.errors import HomeDamaged, HomeVersion
from shortlist.models.encoders.encoder_version import configured_name
from shortlist.store.caches.checked import CheckedTable
from shortlist.store.caches.embeddings import EmbeddingCache
from shortlist.store.catalogue.base import read_number
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.migrations import migrate
from shortlist.store.documents.chroma_folder import Chroma, ChromaFolder
from shortlist.store.documents.documents import Documents, DocumentStamp
from shortlist.store.files import ANSWERS, CATALOGUE, CHROMA, VECTORS
from shortlist.store.lock import WriterLock
from shortlist.store.permissions import make_private, open_to_others
from shortlist.store.sql import schema
from shortlist.store.sql.database import Database
from shortlist.store.sql.schema import SCHEMA_VERSION, answers, meta
from shortlist.store.sql.sqlite import SqliteDatabase
from shortlist.store.sql.sqlite_errors import os_error

DELIVERED = "delivered"  # where documents are in the home's own folder and the catalogue, too

# How the names of all that lies in a home begin. Anything else in its folder is not ours to change.
OWN = (
    "catalogue.", "answers.", "vectors.", CHROMA, "indexes", "media", "writer.", "merging.", "simulated.",
    "chat-history", "README.md",
)  # fmt: skip

RESTORE = "put a backup in its place, or move the home away and ingest again"
REBUILD = "make it anew with `shortlist rebuild`"

log = logging.getLogger(__name__)


class Home:
    """All state of one installation. Open it with `Home.open`, close it with `close` or `with`.

    `catalogue` is SQL, `embeddings` the vectors of its texts, `documents` is Chroma (loaded at first use), `answers`
    the file of the model cache, `caches` the tables of both caches; `servers` says where catalogue and documents are.
    `created` is true where opening it created it.
    """

    def __init__(
        self,
        path: Path,
        database: Database,
        lock: WriterLock,
        home_id: str,
        encoder: str,
        servers: StoreConfig,
        created: bool = False,
    ) -> None:
        self.path = path
        self.created = created
        self.servers = servers
        self.home_id = home_id
        self.encoder = encoder
        self.catalogue = Catalogue(database, lock, _ledger(path, servers), servers.clock_tolerance_s)
        # A cache is a file of its own: no answer waits for a transaction of an ingest, and it may be deleted. Only
        # homes that share a catalogue on a server share their embeddings there, too.
        self.answers = SqliteDatabase(path / ANSWERS, REBUILD, checked=True)
        self._vectors = SqliteDatabase(path / VECTORS, REBUILD, checked=True)
        self.embeddings = EmbeddingCache(self._vectors)
        if servers.catalogue is not None:  # an older version kept them in the folder there, too
            self.embeddings = EmbeddingCache(database, self.embeddings if (path / VECTORS).exists() else None)
        self.caches = (CheckedTable(self.answers, answers), self.embeddings.table)
        self._database = database
        self._lock = lock
        self.documents = self._documents()

    @classmethod
    def open(
        cls, path: Path, encoder: str | None = None, servers: StoreConfig | None = None, *, create: bool = True
    ) -> Home:
        """Open the home at `path` whose catalogue and documents are on `servers`, or make one there.

        `encoder` is the version of the encoder in use; None takes the one the home has. Raises `HomeVersion` for a
        newer schema, another encoder, or a new home without an encoder or `create`; `HomeDamaged`; `StateError` for a
        folder that cannot be written; `ServiceError` for a server that cannot be reached; `HomeLocked` if an older
        schema has to be migrated while someone writes.
        """
        servers = servers or StoreConfig()
        born_with = encoder if create else None
        database = _database(path, servers, make=born_with is not None)
        lock = WriterLock(path, database)
        try:
            created = _ensure_schema(database, lock, born_with)
            _make(path)
            _close_to_others(path)
            home = cls(path, database, lock, *_identity(database), servers, created)
            if encoder is not None:
                home.require_encoder(encoder)
            return home
        except BaseException:
            database.close()
            raise

    @property
    def place(self) -> str:
        """Where everything lies, in words and without secrets."""
        catalogue = f", catalogue on {self._database.name}" if self.servers.catalogue is not None else ""
        documents = f", documents on {self.servers.chroma}" if self.servers.chroma is not None else ""
        return f"{self.path.absolute()}{catalogue}{documents}"

    @contextmanager
    def writing(self, doing: str = "changing content") -> Iterator[None]:
        """Hold the writer lock; `HomeLocked` at once if another process or thread has it. May be nested."""
        with self._lock.held(doing) as outermost:
            try:
                yield
            finally:
                if outermost:
                    self.documents.release()
                    make_private(self.path, OWN)

    def repair_caches(self) -> list[str]:
        """Delete damaged embeddings and answers, and the file where it is damaged itself; the names of what was."""
        damaged = [cache for cache in self.caches if cache.problems()]
        for cache in damaged:
            cache.repair()
        return [cache.name for cache in damaged]

    def require_encoder(self, version: str) -> None:
        """Raise `HomeVersion` where the home's vectors are not those of this version of an encoder."""
        if version != self.encoder:
            raise _other_encoder(self.path, self.encoder, version)

    def change_encoder(self, name: str) -> None:
        """Give the home another encoder. Everything is pending then: `deliver` encodes it again."""
        with self.writing("changing the encoder"):
            with self._database.writing() as connection:
                connection.execute(update(meta).where(meta.c.key == "encoder").values(value=name))
                connection.execute(update(meta).where(meta.c.key.startswith(DELIVERED)).values(value="0"))
            self.documents.close()
            self.encoder = name
            self.documents = self._documents()

    def close(self) -> None:
        """Close every file and connection."""
        self.documents.close()
        self.answers.close()
        self._vectors.close()
        self._database.close()

    def _documents(self) -> Documents:
        return Documents(self._chroma(), DocumentStamp(self.home_id, self.encoder), self.catalogue, self.writing)

    def _chroma(self) -> Chroma:
        if self.servers.chroma is None:
            return ChromaFolder(self.path / CHROMA, self.writing)
        from shortlist.store.documents.chroma_server import ChromaServer

        return ChromaServer(self.servers.chroma, self.home_id, self.catalogue)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _ledger(path: Path, servers: StoreConfig) -> str:
    """Under which key the catalogue notes how far the documents follow: homes that share it may have their own."""
    if servers.chroma is not None:
        return f"{DELIVERED} to a server"
    return f"{DELIVERED} to {socket.gethostname()}:{path.absolute()}" if servers.catalogue is not None else DELIVERED


def _database(path: Path, servers: StoreConfig, *, make: bool) -> Database:
    if servers.catalogue is not None:
        from shortlist.store.sql.postgres import PostgresDatabase

        return PostgresDatabase(servers.catalogue.get_secret_value())
    catalogue = path / CATALOGUE
    if (path / CHROMA).exists() and not (catalogue.exists() and catalogue.stat().st_size):
        raise HomeDamaged(
            f"{catalogue} is lost",
            expected="a catalogue beside its Chroma folder",
            found="a missing or empty file",
            remedy=f"put a backup in its place, or remove {path} and ingest again",
        )
    if not make and not catalogue.exists():
        raise _no_home(str(path))
    _make(path)
    if not catalogue.exists():
        make_private(path, OWN)
    return SqliteDatabase(catalogue, RESTORE)


def _make(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise os_error(path, error) from error


def _close_to_others(path: Path) -> None:
    was_open = open_to_others(path)
    make_private(path, OWN)
    if was_open and not open_to_others(path):
        log.warning("%s could be read by other users of this machine; from now on only by its owner (mode 700)", path)


def _ensure_schema(database: Database, lock: WriterLock, encoder: str | None) -> bool:
    """Create the catalogue if there is none, migrate an old one, refuse a newer one. Returns whether it was created."""
    with database.reading() as connection:
        born = inspect(connection).has_table(meta.name)
    if not born:
        with database.writing() as connection:
            return _create_schema(connection, database, encoder)
    with database.reading() as connection:
        version = read_number(connection, "schema_version")
    if version > SCHEMA_VERSION:
        raise HomeVersion(
            f"{database.name} was written by a newer Shortlist",
            expected=f"schema version {SCHEMA_VERSION} or older",
            found=f"version {version}",
            remedy="update Shortlist, or choose another home",
        )
    if version < SCHEMA_VERSION:
        with lock.held("migrating the home"):
            migrate(database)
    return False


def _create_schema(connection: Connection, database: Database, encoder: str | None) -> bool:
    tables = inspect(connection).get_table_names()
    if meta.name in tables:
        return False  # another process was faster
    if tables:
        raise HomeDamaged(
            f"{database.name} is no catalogue",
            expected="a database made by Shortlist, or an empty one",
            found=f"the tables {', '.join(tables[:3])}",
            remedy="choose another home",
        )
    if encoder is None:
        raise _no_home(database.name)
    schema.catalogue.create_all(connection)
    values = {
        "schema_version": str(SCHEMA_VERSION),
        "home_id": uuid.uuid4().hex,
        "encoder": encoder,
        "revision": "0",
        "delivered": "0",
    }
    connection.execute(insert(meta), [{"key": key, "value": value} for key, value in values.items()])
    return True


def _identity(database: Database) -> tuple[str, str]:
    with database.reading() as connection:
        known = {row.key: row.value for row in connection.execute(select(meta))}
    try:
        return known["home_id"], known["encoder"]
    except KeyError as error:
        raise HomeDamaged(
            f"{database.name} is damaged",
            expected="the home's id and encoder in it",
            found=f"no {error.args[0]}",
            remedy=database.if_damaged,
        ) from error


def _no_home(place: str) -> HomeVersion:
    return HomeVersion(
        f"there is no home at {place}",
        expected="one that was ingested into",
        found="none",
        remedy="begin with `shortlist ingest videos SOURCE` (in Python: create=True), or name another with --home",
    )


def _other_encoder(path: Path, has: str, asked: str) -> HomeVersion:
    name, old = configured_name(asked), configured_name(has)
    if name == old:
        return HomeVersion(
            f"the vectors of the home at {path} are not those that {name} gives now",
            expected=f"the weights and max_chunks they were made with ({has})",
            found=asked,
            remedy="encode everything again with `shortlist rebuild`, or take the change back",
        )
    return HomeVersion(
        f"the home at {path} uses another encoder",
        expected=f"the encoder {old}, whose vectors it holds",
        found=name,
        remedy=f"configure {old}, or encode everything again with `shortlist rebuild --encoder {name}`",
    )
