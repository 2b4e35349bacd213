"""Copies of the catalogue that hold forgotten readers: backups, and files that a migration or a restore left."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

from shortlist.store.backups.backup import UNFINISHED, Backup, discard, list_backups, rewrite
from shortlist.store.catalogue.personal_data import OWNED, erase
from shortlist.store.home_files import CATALOGUE
from shortlist.store.sql.sqlite import SqliteDatabase

Treatment = Literal["keep", "rewrite", "delete"]
TREATMENTS: tuple[Treatment, ...] = ("keep", "rewrite", "delete")


def treat_copies(home: Path, backups: Path, user_ids: Collection[str], treatment: Treatment) -> dict[str, list[str]]:
    """Treat every copy that holds one of the readers. Return the names of those that hold them, and of the others.

    `rewrite` replaces a backup by one without the readers and without its caches. Other copies are deleted then: they
    have been replaced already. May be repeated.
    """
    done: dict[str, list[str]] = {"hold": [], "rewritten": [], "deleted": []}
    for backup in list_backups(backups):
        if not holds(backup.path / CATALOGUE, user_ids):
            continue
        if treatment == "rewrite":
            rewrite(backup, lambda path: _erase(path, user_ids))
            done["rewritten"].append(backup.path.name)
        elif treatment == "delete":
            discard(backup)
            done["deleted"].append(backup.path.name)
        else:
            done["hold"].append(backup.path.name)
    for path in _left_over(home, backups):
        if not holds(path / CATALOGUE if path.is_dir() else path, user_ids):
            continue
        if treatment == "keep":
            done["hold"].append(path.name)
        else:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            done["deleted"].append(path.name)
    return done


def backups_that_hold(backups: Path, user_id: str) -> list[Backup]:
    """Return the backups that hold the reader, newest first."""
    return [backup for backup in list_backups(backups) if holds(backup.path / CATALOGUE, [user_id])]


def holds(catalogue: Path, user_ids: Collection[str]) -> bool:
    """Return whether the SQLite file has rows of one of the readers. One that cannot be read counts as well."""
    if not catalogue.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{catalogue.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            return any(
                copy.execute(f"SELECT 1 FROM {table.name} WHERE {column} = ? LIMIT 1", (user_id,)).fetchone()
                for table, column in OWNED
                if table.name in tables
                for user_id in user_ids
            )
    except sqlite3.DatabaseError:
        return True


def _left_over(home: Path, backups: Path) -> Iterator[Path]:
    yield from sorted(home.glob("catalogue.v*.sqlite3"))
    yield from sorted(path for path in home.glob("replaced-*") if path.is_dir())
    yield from sorted(backups.glob(f"*{UNFINISHED}"))


def _erase(catalogue: Path, user_ids: Collection[str]) -> None:
    with closing(SqliteDatabase(catalogue, "choose another backup")) as database:
        with database.erasing() as connection:
            for user_id in user_ids:
                erase(connection, user_id)
        database.wipe()
    with closing(sqlite3.connect(catalogue)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # a backup is one file
