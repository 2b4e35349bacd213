"""Put back a backup, also if the catalogue cannot be opened."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from shortlist.core.errors import HomeDamaged, HomeLocked
from shortlist.store.backups.backup import MANIFEST, Backup, damaged, verify
from shortlist.store.backups.files import describe, sync_folder, unused_name, write_durably
from shortlist.store.home_files import CATALOGUE, DAMAGE
from shortlist.store.lock import locked
from shortlist.store.sql.sqlite_errors import os_error

RESTORING = "restoring"  # in the home: the checked files of a restore that has not finished
REPLACED = "replaced"  # in the home: the files that a restore replaced


def restore(home: Path, backup: Backup) -> Path:
    """Replace the SQLite files of `home` by those of `backup`. Return the folder with the files replaced.

    The copies are verified before the first old file is moved. If the process is killed, the home refuses commands
    until `restore` is run again. Raises `HomeDamaged` for a damaged backup, `HomeLocked` if another process has the
    home open, `StateError` if files cannot be written: the home is unchanged then.
    """
    verify(backup)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(home / "writer.lock", "the home is being written by another process"):
            names = list(backup.manifest.files)
            if CATALOGUE in names:
                _require_unused(home / CATALOGUE)
            staged = _stage(home, backup)
            aside = unused_name(home, f"{REPLACED}-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}")
            aside.mkdir(mode=0o700)
            write_durably(staged / MANIFEST, b"")  # from here on the home is refused until the end
            sync_folder(staged)
            for name in names:  # the catalogue's log after the catalogue: never a log with another file
                for suffix in ("", "-wal", "-shm"):
                    with suppress(FileNotFoundError):
                        (home / f"{name}{suffix}").rename(aside / f"{name}{suffix}")
            sync_folder(home)
            for name in names:
                (staged / name).rename(home / name)
            (home / DAMAGE).unlink(missing_ok=True)
            sync_folder(home)
            (staged / MANIFEST).unlink()
            shutil.rmtree(staged)
            return aside
    except OSError as error:
        raise os_error(home, error) from error


def is_interrupted(home: Path) -> bool:
    """Return whether a restore of `home` began to move files and did not finish."""
    return (home / RESTORING / MANIFEST).exists()


def _stage(home: Path, backup: Backup) -> Path:
    """Copy the files of `backup` into the home and check the copies."""
    staged = home / RESTORING
    if not is_interrupted(home):
        shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700, exist_ok=True)
    try:
        for name, file in backup.manifest.files.items():
            shutil.copyfile(backup.path / name, staged / name)
            (staged / name).chmod(0o600)
            if describe(staged / name) != file:
                raise damaged(staged, f"{name} with another checksum")
    except BaseException:
        if not is_interrupted(home):
            shutil.rmtree(staged, ignore_errors=True)
        raise
    sync_folder(staged)
    return staged


def _require_unused(catalogue: Path) -> None:
    """Raise `HomeLocked` if another process has the catalogue open: it would go on writing to the replaced file."""
    if not catalogue.exists():
        return
    try:
        with closing(sqlite3.connect(catalogue, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # only the last connection may leave WAL
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise HomeLocked(
                f"{catalogue} is open in another process",
                expected="a home that nothing uses while it is restored",
                found="a server or another command",
                remedy="stop it and run the command again",
            ) from error
    except sqlite3.DatabaseError:
        return  # it cannot be read, which is why it is restored


def interrupted_error(home: Path) -> HomeDamaged:
    """Return the error for a home whose restore did not finish."""
    return HomeDamaged(
        f"a restore of {home} was interrupted",
        expected="all files of the backup in place",
        found="some of them",
        remedy="run `shortlist ops restore` again",
    )
