"""The home: all state of one installation, with one identity and one encoder.

It is one folder. If the catalogue and the documents are on servers, the folder only holds derived data.
"""

from __future__ import annotations

import logging
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, insert, inspect, select, update

from shortlist.core.config import StoreConfig
from shortlist.core.errors import HomeDamaged, HomeVersion
from shortlist.models.encoders.encoder_version import configured_name
from shortlist.store.backups.backup import FOLDER as BACKUPS
from shortlist.store.backups.backup import restore_remedy
from shortlist.store.backups.restore import REPLACED, RESTORING, interrupted_error, is_interrupted
from shortlist.store.caches.checked_table import CheckedTable
from shortlist.store.caches.embeddings import EmbeddingCache
from shortlist.store.catalogue.base import read_number
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.migrations import migrate
from shortlist.store.documents.chroma_folder import Chroma, ChromaFolder
from shortlist.store.documents.documents import Documents, DocumentStamp
from shortlist.store.home_files import (
    ANSWERS,
    CATALOGUE,
    CHAT_HISTORY,
    CHROMA,
    DAMAGE,
    FEATURES,
    FOLLOWED,
    LAST_READER,
    PUBLISHED,
    PUBLISHING,
    RECEIPTS,
    VECTORS,
)
from shortlist.store.lock import NoWriterLock, WriterLock
from shortlist.store.permissions import make_private, open_to_others
from shortlist.store.pictures import PICTURES, Pictures
from shortlist.store.sql import schema
from shortlist.store.sql.database import Database
from shortlist.store.sql.read_only import ReadOnlyDatabase
from shortlist.store.sql.schema import SCHEMA_VERSION, answers, meta
from shortlist.store.sql.sqlite import SqliteDatabase
from shortlist.store.sql.sqlite_errors import os_error

DELIVERED = "delivered"  # the key in `meta` if catalogue and documents are both in the home's folder

# Prefixes of the names of a home's files. Other files in its folder are left alone.
OWN_PREFIXES = (
    "catalogue.", "answers.", "vectors.", CHROMA, "indexes", "media", "writer.", "merging.", "simulated.", "trained",
    "following.", "training.", "pipeline.", "drift.", "incoming", "processing", "done", "quarantine", "failed",
    CHAT_HISTORY, DAMAGE, FEATURES, FOLLOWED, LAST_READER, PICTURES, PUBLISHED, PUBLISHING, RECEIPTS,
    "README.md", BACKUPS, RESTORING, REPLACED,
)  # fmt: skip

NO_BACKUP = "put a backup in its place, or move the home away and ingest again"
REBUILD = "rebuild it with `shortlist doctor rebuild`"

log = logging.getLogger(__name__)


class Home:
    """All state of one installation. Open it with `Home.open`, close it with `close` or `with`.

    `catalogue` is the SQL database, `embeddings` the vectors of its texts, `documents` the Chroma collection (loaded at
    first use), `answers` the database of cached model answers, `caches` the tables of both caches, `pictures` the
    pictures of videos. `servers` has the addresses of catalogue and documents, if any. `created` is true if opening the
    home created it.

    `content` is the folder of the indexes and the trained models: the home's own, or that of the published snapshot
    that it follows. Content cannot be written in a home that `is_follower`, and nothing at all in one that is
    `read_only` because its catalogue belongs to the snapshot.
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
        follows: Path | None = None,
    ) -> None:
        self.path = path
        self.content = follows or path
        self.is_follower = follows is not None
        self.read_only = database.read_only
        self.created = created
        self.servers = servers
        self.home_id = home_id
        self.encoder = encoder
        self.catalogue = Catalogue(database, lock, _ledger(path, servers), servers.clock_tolerance_s)
        # Each cache is a separate file, so that no answer waits for a transaction of an ingest, and you may delete it.
        # Homes that share a catalogue on a server also share its embeddings.
        self.answers = SqliteDatabase(path / ANSWERS, REBUILD, checked=True)
        self._vectors = SqliteDatabase(path / VECTORS, REBUILD, checked=True)
        self.embeddings = EmbeddingCache(self._vectors)
        if servers.catalogue is not None:  # older versions stored them in the folder
            self.embeddings = EmbeddingCache(database, self.embeddings if (path / VECTORS).exists() else None)
        self.pictures = Pictures(path)
        self.caches = (CheckedTable(self.answers, answers), self.embeddings.table)
        self._database = database
        self._lock = lock
        self.documents = self._documents()

    @classmethod
    def open(
        cls,
        path: Path,
        encoder: str | None = None,
        servers: StoreConfig | None = None,
        *,
        create: bool = True,
        before_migration: Callable[[], None] = lambda: None,
        follows: Path | None = None,
    ) -> Home:
        """Open the home at `path` whose catalogue and documents are on `servers`, or create it.

        `encoder` is the version of the encoder in use; None accepts the home's. `before_migration` is called before an
        older schema is migrated. `follows` is the folder of a published snapshot to read; its catalogue is used unless
        that is on a server. Raises `HomeVersion` for a newer schema, another encoder, or a missing home without
        `encoder` or `create`; `HomeDamaged`; `StateError` for a folder that cannot be written; `ServiceError` for a
        server that cannot be reached; `HomeLocked` if an older schema must be migrated while another process writes,
        and `ReadOnlyHome` if the snapshot has one.
        """
        if is_interrupted(path):
            raise interrupted_error(path)
        servers = servers or StoreConfig()
        new_encoder = encoder if create and follows is None else None
        if follows is None or servers.catalogue is not None:
            database = _database(path, servers, create=new_encoder is not None)
        else:
            database = ReadOnlyDatabase(follows / CATALOGUE, "delete the folder, and the snapshot is copied again")
        lock = (WriterLock if follows is None else NoWriterLock)(path, database)
        try:
            created = _ensure_schema(database, lock, new_encoder, before_migration)
            _create_folder(path)
            _restrict_access(path)
            home = cls(path, database, lock, *_identity(database), servers, created, follows)
            if encoder is not None:
                home.require_encoder(encoder)
            return home
        except BaseException:
            database.close()
            raise

    @property
    def location(self) -> str:
        """The folder, the servers and the snapshot of the home, in words and without secrets."""
        catalogue = f", catalogue on {self._database.name}" if self.servers.catalogue is not None else ""
        documents = f", documents on {self.servers.chroma}" if self.servers.chroma is not None else ""
        followed = f", following the snapshot {self.content.name}" if self.is_follower else ""
        return f"{self.path.absolute()}{catalogue}{documents}{followed}"

    @contextmanager
    def writing(self, doing: str = "changing content") -> Iterator[None]:
        """Hold the writer lock. Raises `HomeLocked` at once if another process or thread has it. May be nested."""
        with self._lock.hold(doing) as outermost:
            try:
                yield
            finally:
                if outermost:
                    self.documents.release()
                    make_private(self.path, OWN_PREFIXES)

    def repair_caches(self) -> list[str]:
        """Delete damaged embeddings and answers, or a whole damaged file. Return the names of the damaged caches."""
        damaged = [cache for cache in self.caches if cache.problems()]
        for cache in damaged:
            cache.repair()
        return [cache.name for cache in damaged]

    def wipe(self) -> bool:
        """Rewrite the SQLite files without deleted bytes. Return whether the catalogue is such a file.

        Raises as `SqliteDatabase.wipe`.
        """
        self.answers.wipe()
        self._vectors.wipe()
        return self._database.wipe()

    def require_encoder(self, version: str) -> None:
        """Raise `HomeVersion` unless the home's vectors are of this encoder version."""
        if version != self.encoder:
            raise _other_encoder(self.path, self.encoder, version)

    def change_encoder(self, name: str) -> None:
        """Set another encoder. All documents are pending then: `deliver` encodes them again."""
        with self.writing("changing the encoder"):
            with self._database.writing() as connection:
                connection.execute(update(meta).where(meta.c.key == "encoder").values(value=name))
                connection.execute(update(meta).where(meta.c.key.startswith(DELIVERED)).values(value="0"))
            self.documents.close()
            self.encoder = name
            self.documents = self._documents()

    def follow(self, folder: Path) -> None:
        """Read the published snapshot in `folder` from now on. What is in progress ends on the one before."""
        if isinstance(self._database, ReadOnlyDatabase):
            self._database.use(folder / CATALOGUE)
        self.content = folder

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
    """Return the key in `meta` of the revision delivered to Chroma. Homes that share a catalogue may have several."""
    if servers.chroma is not None:
        return f"{DELIVERED} to a server"
    return f"{DELIVERED} to {socket.gethostname()}:{path.absolute()}" if servers.catalogue is not None else DELIVERED


def _database(path: Path, servers: StoreConfig, *, create: bool) -> Database:
    if servers.catalogue is not None:
        from shortlist.store.sql.postgres import PostgresDatabase

        return PostgresDatabase(servers.catalogue.get_secret_value())
    catalogue = path / CATALOGUE
    if (path / CHROMA).exists() and not (catalogue.exists() and catalogue.stat().st_size):
        raise HomeDamaged(
            f"{catalogue} is lost",
            expected="a catalogue together with its Chroma folder",
            found="a missing or empty file",
            remedy=restore_remedy(path, f"put a backup in its place, or remove {path} and ingest again"),
        )
    if not create and not catalogue.exists():
        raise _no_home(str(path))
    _create_folder(path)
    if not catalogue.exists():
        make_private(path, OWN_PREFIXES)
    return SqliteDatabase(catalogue, restore_remedy(path, NO_BACKUP))


def _create_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise os_error(path, error) from error


def _restrict_access(path: Path) -> None:
    was_open = open_to_others(path)
    make_private(path, OWN_PREFIXES)
    if was_open and not open_to_others(path):
        log.warning("%s could be read by other users of this machine; now only its owner can (mode 700)", path)


def _ensure_schema(
    database: Database, lock: WriterLock, encoder: str | None, before_migration: Callable[[], None]
) -> bool:
    """Create a missing catalogue, migrate an old one, refuse a newer one. Return whether it was created."""
    with database.reading() as connection:
        exists = inspect(connection).has_table(meta.name)
    if not exists:
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
        with lock.hold("migrating the home"):
            before_migration()
            migrate(database)
    return False


def _create_schema(connection: Connection, database: Database, encoder: str | None) -> bool:
    tables = inspect(connection).get_table_names()
    if meta.name in tables:
        return False  # another process was faster
    if tables:
        raise HomeDamaged(
            f"{database.name} is not a catalogue",
            expected="a database created by Shortlist, or an empty one",
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
        values = {row.key: row.value for row in connection.execute(select(meta))}
    try:
        return values["home_id"], values["encoder"]
    except KeyError as error:
        raise HomeDamaged(
            f"{database.name} is damaged",
            expected="the id and encoder of the home",
            found=f"no {error.args[0]}",
            remedy=database.if_damaged,
        ) from error


def _no_home(place: str) -> HomeVersion:
    return HomeVersion(
        f"there is no home at {place}",
        expected="a home with ingested data",
        found="none",
        remedy="create it with `shortlist ingest videos SOURCE` (in Python: create=True), or choose one with --home",
    )


def _other_encoder(path: Path, current: str, requested: str) -> HomeVersion:
    name, old = configured_name(requested), configured_name(current)
    if name == old:
        return HomeVersion(
            f"the vectors of the home at {path} are not those of {name} as it is now",
            expected=f"the weights, precision and max_chunks of {current}",
            found=requested,
            remedy="encode everything again with `shortlist doctor rebuild`, or undo the change",
        )
    return HomeVersion(
        f"the home at {path} uses another encoder",
        expected=f"the encoder {old}",
        found=name,
        remedy=f"configure {old}, or encode everything again with `shortlist doctor rebuild --encoder {name}`",
    )
