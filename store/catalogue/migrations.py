"""Migrations of homes of older versions: a backup, then one step after the other to the current schema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, Float, Index, Integer, MetaData, Table, UniqueConstraint

from shortlist.store.catalogue.base import read_number, write_number
from shortlist.store.sql.database import Database
from shortlist.store.sql.dialect import Number, Text
from shortlist.store.sql.schema import SCHEMA_VERSION

Migration = Callable[[Connection], None]


def _enriched_articles(connection: Connection) -> None:
    """Add enrichments of articles, durations of steps and locations of videos."""
    for statement in (
        "ALTER TABLE articles ADD COLUMN enrichment TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE steps ADD COLUMN seconds FLOAT",
        "CREATE TABLE locations (location TEXT NOT NULL PRIMARY KEY, version TEXT NOT NULL, video_id TEXT NOT NULL)"
        " WITHOUT ROWID",
        "CREATE INDEX ix_locations_video ON locations (video_id)",
    ):
        connection.exec_driver_sql(statement)
    hashed = "id, title, body, category, published, enrichment, metadata"
    for row in connection.exec_driver_sql(f"SELECT {hashed} FROM articles").mappings().all():
        sha = hashlib.sha256(json.dumps([dict(row)], ensure_ascii=False).encode()).hexdigest()
        connection.exec_driver_sql("UPDATE articles SET content_sha = ? WHERE id = ?", (sha, row["id"]))


def _tastes(connection: Connection) -> None:
    """Add descriptions of readers' tastes."""
    connection.exec_driver_sql(
        "CREATE TABLE tastes (user_id TEXT NOT NULL PRIMARY KEY, sentence TEXT NOT NULL, tags TEXT NOT NULL,"
        " made_by TEXT NOT NULL, n_events INTEGER NOT NULL) WITHOUT ROWID"
    )


def _keys(connection: Connection) -> None:
    """Add keys of the HTTP API."""
    connection.exec_driver_sql(
        "CREATE TABLE keys (id TEXT NOT NULL PRIMARY KEY, sha TEXT NOT NULL UNIQUE, scope TEXT NOT NULL,"
        " label TEXT NOT NULL, created BIGINT NOT NULL) WITHOUT ROWID"
    )


def _causes(connection: Connection) -> None:
    """Add the codes of errors to failed steps. Older failures have none."""
    connection.exec_driver_sql("ALTER TABLE steps ADD COLUMN cause TEXT NOT NULL DEFAULT ''")


def _exposures(connection: Connection) -> None:
    """Add the log of exposures, and experiments."""
    tables = MetaData()
    Table(
        "exposures",
        tables,
        Column("request_id", Text, primary_key=True),
        *(Column(name, Text, nullable=False) for name in ("user_id", "request", "items", "models", "settings")),
        Column("at", BigInteger, nullable=False),
        *(Column(name, Number, nullable=False) for name in ("revision", "last_event")),
        Column("experiment", Text),
        Index("ix_exposures_at", "at"),
        Index("ix_exposures_reader", "user_id", "at"),
        sqlite_with_rowid=False,
    )
    Table(
        "experiments",
        tables,
        Column("name", Text, primary_key=True),
        *(Column(name, Text, nullable=False) for name in ("a", "b", "outcome")),
        Column("started", BigInteger, nullable=False),
        Column("ended", BigInteger),
        sqlite_with_rowid=False,
    )
    tables.create_all(connection)


def _objectives(connection: Connection) -> None:
    """Add the objectives of readers."""
    tables = MetaData()
    Table(
        "objectives",
        tables,
        *(Column(name, Text, primary_key=True) for name in ("user_id", "part", "name")),
        Column("amount", Float, nullable=False),
        Column("at", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    tables.create_all(connection)


def _features(connection: Connection) -> None:
    """Add the times at which events arrived, unknown for older ones, and the online features."""
    connection.exec_driver_sql("ALTER TABLE events ADD COLUMN arrived BIGINT")
    tables = MetaData()
    Table(
        "features",
        tables,
        *(Column(name, Text, primary_key=True) for name in ("view", "user_id", "item_id", "category")),
        Column("at", BigInteger, nullable=False),
        Column("state", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    tables.create_all(connection)


def _designs(connection: Connection) -> None:
    """Add the designs of experiments. Older ones interleave."""
    connection.exec_driver_sql("ALTER TABLE experiments ADD COLUMN design TEXT NOT NULL DEFAULT 'interleave'")


def _revoked_keys(connection: Connection) -> None:
    """Add the hashes of revoked keys. Those revoked earlier are unknown."""
    tables = MetaData()
    Table("revoked_keys", tables, Column("sha", Text, primary_key=True), sqlite_with_rowid=False)
    tables.create_all(connection)


def _event_ids(connection: Connection) -> None:
    """Let two readers have an event with the same id."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE events DROP CONSTRAINT IF EXISTS events_event_id_key")
        connection.exec_driver_sql("ALTER TABLE events ADD UNIQUE (event_id, user_id)")
        return
    connection.exec_driver_sql("DROP INDEX ix_events_reader")
    connection.exec_driver_sql("ALTER TABLE events RENAME TO old_events")
    tables = MetaData()
    events = Table(
        "events",
        tables,
        Column("seq", Number, primary_key=True),
        *(Column(name, Text, nullable=False) for name in ("event_id", "user_id", "item_id", "kind", "action")),
        Column("at", BigInteger, nullable=False),
        Column("dwell_s", Float),
        Column("request_id", Text),
        Column("position", Integer),
        Column("variant", Text),
        Column("arrived", BigInteger),
        UniqueConstraint("event_id", "user_id"),
        Index("ix_events_reader", "user_id", "at"),
        sqlite_autoincrement=True,
    )
    tables.create_all(connection)
    names = ", ".join(column.name for column in events.columns)
    connection.exec_driver_sql(f"INSERT INTO events ({names}) SELECT {names} FROM old_events")
    # A number is never used twice, not even after the newest events were removed.
    connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'events'")
    connection.exec_driver_sql("UPDATE sqlite_sequence SET name = 'events' WHERE name = 'old_events'")
    connection.exec_driver_sql("DROP TABLE old_events")


def _imports(connection: Connection) -> None:
    """Add imports of histories."""
    tables = MetaData()
    Table(
        "imports",
        tables,
        Column("id", Number, primary_key=True),
        *(Column(name, Text, nullable=False) for name in ("user_id", "source", "content")),
        Column("at", BigInteger, nullable=False),
        Column("done", BigInteger),
        Column("new_reader", Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    tables.create_all(connection)


# MIGRATIONS[n] migrates a catalogue from schema version n to n + 1. A step must not use the current schema.
# Catalogues on PostgreSQL begin with version 4: the steps to it may use SQLite's dialect, later ones may not.
MIGRATIONS: Mapping[int, Migration] = {
    1: _enriched_articles, 2: _tastes, 3: _keys, 4: _causes, 5: _exposures, 6: _objectives, 7: _features,
    8: _designs, 9: _revoked_keys, 10: _event_ids, 11: _imports,
}  # fmt: skip


def migrate(
    database: Database, migrations: Mapping[int, Migration] = MIGRATIONS, target: int = SCHEMA_VERSION
) -> Path | None:
    """Migrate the catalogue to schema `target`, all steps in one transaction. Needs the writer lock.

    Return the path of the backup, or None if there was nothing to do or the catalogue is on a server.
    """
    with database.reading() as connection:
        version = read_number(connection, "schema_version")
    if version >= target:
        return None
    backup = database.backup(version)
    with database.writing() as connection:
        for step in range(version, target):
            migrations[step](connection)
        write_number(connection, "schema_version", target)
    return backup
