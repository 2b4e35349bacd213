"""The home: one folder that holds everything remembered, opened under one identity and one encoder."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, insert, inspect, select, update

from core.errors import HomeDamaged, HomeVersion
from store import schema
from store.catalogue import Catalogue
from store.database import Database
from store.documents import Documents, Stamp
from store.failures import os_error
from store.lock import WriterLock
from store.migrations import migrate
from store.part import read_number, write_number
from store.schema import SCHEMA_VERSION, meta
from store.vectors import Vectors

CATALOGUE = "catalogue.sqlite3"
ANSWERS = "answers.sqlite3"
VECTORS = "vectors.sqlite3"
CHROMA = "chroma"

RESTORE = "put a backup in its place, or move the home away and ingest again"
REBUILD = "make it anew with `shortlist rebuild`"


class Home:
    """All state of one installation. Open it with `Home.open`, close it with `close` or `with`.

    `catalogue` is SQL, `documents` is Chroma (loaded at first use), `answers` the file of the model cache,
    `vectors` what was encoded, `caches` the files of both.
    """

    def __init__(self, path: Path, database: Database, lock: WriterLock, home_id: str, encoder: str) -> None:
        self.path = path
        self.home_id = home_id
        self.encoder = encoder
        self.catalogue = Catalogue(database, lock)
        # Each cache is a file of its own: no answer waits for a transaction of an ingest, and both may be deleted.
        self.answers = Database(path / ANSWERS, REBUILD)
        kept = Database(path / VECTORS, REBUILD)
        self.vectors = Vectors(kept)
        self.caches = (self.answers, kept)
        self._database = database
        self._lock = lock
        self.documents = self._documents()

    @classmethod
    def open(cls, path: Path, encoder: str | None = None) -> Home:
        """Open the home at `path`, or make one there.

        `encoder` is the name of the encoder in use; None takes the one the home has. Raises `HomeVersion` for a
        newer schema, another encoder, or a new home without an encoder; `HomeDamaged`; `StateError` for a folder
        that cannot be written; `HomeLocked` if an older schema has to be migrated while someone writes.
        """
        lock = WriterLock(_folder(path, make=encoder is not None))
        database = Database(path / CATALOGUE, RESTORE)
        try:
            _settle(database, lock, encoder)
            home_id, home_encoder = _identity(database)
            if encoder not in (None, home_encoder):
                raise _other_encoder(path, home_encoder, str(encoder))
            return cls(path, database, lock, home_id, home_encoder)
        except BaseException:
            database.close()
            raise

    @contextmanager
    def writing(self, doing: str = "changing content") -> Iterator[None]:
        """Hold the writer lock; `HomeLocked` at once if another process or thread has it. May be nested."""
        with self._lock.held(doing) as outermost:
            try:
                yield
            finally:
                if outermost:  # Chroma may not stay open: the next to hold the lock changes its files
                    self.documents.close()

    def drop_damaged_caches(self) -> list[str]:
        """Delete what was kept of answers or vectors where its file is damaged; the names of those files."""
        damaged = [cache for cache in self.caches if cache.problems()]
        for cache in damaged:
            cache.delete()
        return [cache.path.name for cache in damaged]

    def change_encoder(self, name: str) -> None:
        """Give the home another encoder. Everything is pending then: `deliver` encodes it again."""
        with self.writing("changing the encoder"):
            with self._database.writing() as connection:
                connection.execute(update(meta).where(meta.c.key == "encoder").values(value=name))
                write_number(connection, "delivered", 0)
            self.documents.close()
            self.encoder = name
            self.documents = self._documents()

    def close(self) -> None:
        """Close every file."""
        self.answers.close()
        self.vectors.close()
        self._database.close()

    def _documents(self) -> Documents:
        return Documents(self.path / CHROMA, Stamp(self.home_id, self.encoder), self.catalogue, self.writing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _folder(path: Path, *, make: bool) -> Path:
    catalogue = path / CATALOGUE
    if (path / CHROMA).exists() and not (catalogue.exists() and catalogue.stat().st_size):
        raise HomeDamaged(
            f"{catalogue} is lost",
            expected="a catalogue beside its Chroma folder",
            found="a missing or empty file",
            remedy=f"put a backup in its place, or remove {path} and ingest again",
        )
    if not make and not catalogue.exists():
        raise _no_home(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise os_error(path, error) from error
    return path


def _settle(database: Database, lock: WriterLock, encoder: str | None) -> None:
    """Make the catalogue if there is none, migrate it if it is old, refuse it if it is newer."""
    with database.reading() as connection:
        born = inspect(connection).has_table(meta.name)
    if not born:
        with database.writing() as connection:
            _give_birth(connection, database.path, encoder)
        return
    with database.reading() as connection:
        version = read_number(connection, "schema_version")
    if version > SCHEMA_VERSION:
        raise HomeVersion(
            f"{database.path} was written by a newer Shortlist",
            expected=f"schema version {SCHEMA_VERSION} or older",
            found=f"version {version}",
            remedy="update Shortlist, or choose another folder with --home",
        )
    if version < SCHEMA_VERSION:
        with lock.held("migrating the home"):
            migrate(database)


def _give_birth(connection: Connection, path: Path, encoder: str | None) -> None:
    tables = inspect(connection).get_table_names()
    if meta.name in tables:
        return  # another process was faster
    if tables:
        raise HomeDamaged(
            f"{path} is no catalogue",
            expected="a file made by Shortlist",
            found=f"an SQLite file with the tables {', '.join(tables[:3])}",
            remedy="choose another folder with --home",
        )
    if encoder is None:
        raise _no_home(path.parent)
    schema.catalogue.create_all(connection)
    values = {
        "schema_version": str(SCHEMA_VERSION),
        "home_id": uuid.uuid4().hex,
        "encoder": encoder,
        "revision": "0",
        "delivered": "0",
    }
    connection.execute(insert(meta), [{"key": key, "value": value} for key, value in values.items()])


def _identity(database: Database) -> tuple[str, str]:
    with database.reading() as connection:
        known = {row.key: row.value for row in connection.execute(select(meta))}
    try:
        return known["home_id"], known["encoder"]
    except KeyError as error:
        raise HomeDamaged(
            f"{database.path} is damaged",
            expected="the home's id and encoder in it",
            found=f"no {error.args[0]}",
            remedy=RESTORE,
        ) from error


def _no_home(path: Path) -> HomeVersion:
    return HomeVersion(
        f"there is no home at {path}",
        expected="a folder that was ingested into",
        found="none",
        remedy="begin with `shortlist ingest videos SOURCE`",
    )


def _other_encoder(path: Path, has: str, asked: str) -> HomeVersion:
    return HomeVersion(
        f"the home at {path} uses another encoder",
        expected=f"the encoder {has}, whose vectors it holds",
        found=asked,
        remedy=f"configure {has}, or encode everything again with `shortlist rebuild --encoder {asked}`",
    )
