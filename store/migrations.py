"""Homes of older versions: a backup copy, then one step after the other to the schema of today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import Connection

from store.database import Database
from store.part import read_number, write_number
from store.schema import SCHEMA_VERSION

Migration = Callable[[Connection], None]

# MIGRATIONS[n] turns a catalogue of schema version n into one of version n + 1.
MIGRATIONS: Mapping[int, Migration] = {}


def migrate(
    database: Database, migrations: Mapping[int, Migration] = MIGRATIONS, target: int = SCHEMA_VERSION
) -> Path | None:
    """Bring the catalogue to schema `target`: all steps in one transaction. Needs the writer lock.

    Returns the backup made before, or None when there was nothing to do.
    """
    with database.reading() as connection:
        version = read_number(connection, "schema_version")
    if version >= target:
        return None
    backup = database.path.with_name(f"{database.path.stem}.v{version}{database.path.suffix}")
    database.copy_to(backup)
    with database.writing() as connection:
        for step in range(version, target):
            migrations[step](connection)
        write_number(connection, "schema_version", target)
    return backup
