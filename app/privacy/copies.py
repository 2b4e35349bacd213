"""Copies of the catalogue that hold what is forgotten: backups, and files that a migration or a restore left."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DatabaseError

from shortlist.store.backups.backup import UNFINISHED, Backup, discard, list_backups, rewrite
from shortlist.store.catalogue.erasure.erasures import erase
from shortlist.store.catalogue.erasure.erasures import holds as in_catalogue
from shortlist.store.catalogue.erasure.subject import Subject
from shortlist.store.home_files import CATALOGUE
from shortlist.store.sql.sqlite import SqliteDatabase

Treatment = Literal["keep", "rewrite", "delete"]
TREATMENTS: tuple[Treatment, ...] = ("keep", "rewrite", "delete")  # the one that leaves most first


def treat_copies(
    home: Path, backups: Path, subjects: Collection[Subject], treatment: Treatment
) -> dict[str, list[str]]:
    """Treat every copy that holds one of the subjects. Return the names of those that hold them, and of the others.

    `rewrite` replaces a backup by one without them and without its caches. Other copies are deleted then: they
    have been replaced already. May be repeated.
    """
    done: dict[str, list[str]] = {"hold": [], "rewritten": [], "deleted": []}
    for backup in list_backups(backups):
        if not holds(backup.path / CATALOGUE, subjects):
            continue
        if treatment == "rewrite":
            rewrite(backup, lambda path: _erase(path, subjects))
            done["rewritten"].append(backup.path.name)
        elif treatment == "delete":
            discard(backup)
            done["deleted"].append(backup.path.name)
        else:
            done["hold"].append(backup.path.name)
    for path in _left_over(home, backups):
        if not holds(path / CATALOGUE if path.is_dir() else path, subjects):
            continue
        if treatment == "keep":
            done["hold"].append(path.name)
        else:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            done["deleted"].append(path.name)
    return done


def backups_that_hold(backups: Path, subject: Subject) -> list[Backup]:
    """Return the backups that hold the subject, newest first."""
    return [backup for backup in list_backups(backups) if holds(backup.path / CATALOGUE, [subject])]


def holds(catalogue: Path, subjects: Collection[Subject]) -> bool:
    """Return whether the SQLite file has rows of one of the subjects. One that cannot be read counts as well."""
    if not catalogue.exists():
        return False
    address = f"{catalogue.absolute().as_uri()}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return any(in_catalogue(connection, subject) for subject in subjects)
    except DatabaseError:
        return True


def _left_over(home: Path, backups: Path) -> Iterator[Path]:
    yield from sorted(home.glob("catalogue.v*.sqlite3"))
    yield from sorted(path for path in home.glob("replaced-*") if path.is_dir())
    yield from sorted(backups.glob(f"*{UNFINISHED}"))


def _erase(catalogue: Path, subjects: Collection[Subject]) -> None:
    with closing(SqliteDatabase(catalogue, "choose another backup")) as database:
        with database.erasing() as connection:
            for subject in subjects:
                erase(connection, subject)
        database.wipe()
    with closing(sqlite3.connect(catalogue)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # a backup is one file
