"""Backups of a home: its SQLite files, copied while others write, checked, and rotated.

Everything else is derived from them: the index follows a restored catalogue by itself, and so does Chroma.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from shortlist.core.errors import HomeDamaged, UsageError
from shortlist.store.backups.files import BackupFile, describe, sync_folder, unused_name, write_durably
from shortlist.store.home_files import ANSWERS, CATALOGUE, VECTORS
from shortlist.store.lock import locked
from shortlist.store.permissions import make_private
from shortlist.store.sql.sqlite import SqliteDatabase
from shortlist.store.sql.sqlite_errors import os_error

FOLDER = "backups"  # in the home, unless another one is configured
MANIFEST = "backup.json"
FORMAT: Literal[1] = 1
FILES = (CATALOGUE, VECTORS, ANSWERS)
UNFINISHED = ".part"
DESCRIPTION = ("home_id", "schema_version", "revision", "encoder")
REBUILD = "rebuild it with `shortlist doctor rebuild`"


class BackupManifest(BaseModel):
    """Contents of a backup. `meta` is the catalogue's: home id, schema version, revision."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    created: datetime
    meta: dict[str, str]
    files: dict[str, BackupFile]

    @field_validator("files")
    @classmethod
    def _names(cls, files: dict[str, BackupFile]) -> dict[str, BackupFile]:
        """Refuse other names: a restore replaces the files that a manifest names."""
        if not files.keys() <= set(FILES):
            raise ValueError(f"only {', '.join(FILES)} may be in a backup")
        return files


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup. `left_out` are damaged caches that could not be copied."""

    path: Path
    manifest: BackupManifest
    left_out: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.manifest.files.values())


def backup_folder(home: Path, configured: Path | None = None) -> Path:
    """Return the folder of the backups of the home at `home`."""
    return configured or home / FOLDER


def list_backups(folder: Path) -> list[Backup]:
    """Return the backups in `folder` whose manifest can be read, newest first. Their files are not checked."""
    found = []
    for path in folder.glob(f"*/{MANIFEST}"):
        with suppress(ValidationError, OSError):
            if not path.parent.name.endswith(UNFINISHED):
                found.append(Backup(path.parent, BackupManifest.model_validate_json(path.read_bytes())))
    return sorted(found, key=lambda one: (one.manifest.created, one.path.name), reverse=True)


def size_of(home: Path) -> int:
    """Return the size in bytes of the files of `home` that a backup copies."""
    return sum((home / name).stat().st_size for name in FILES if (home / name).exists())


def back_up(home: Path, folder: Path) -> Backup:
    """Copy the SQLite files of `home` into a new backup in `folder`, all or nothing. Other processes may write.

    The copy is read back and checked before it counts. Raises `HomeDamaged` if the catalogue cannot be copied,
    `HomeLocked` if another process makes a backup, `StateError` if the disk is full or cannot be written, `UsageError`
    if `folder` has backups of another home.
    """
    try:
        with _alone(folder):
            created = datetime.now(UTC)
            final = unused_name(folder, f"{created:%Y-%m-%dT%H%M%SZ}")
            part = final.with_name(final.name + UNFINISHED)
            part.mkdir(mode=0o700)
            try:
                left_out = _copy_databases(home, part)
                files = {path.name: describe(path) for path in sorted(part.iterdir())}
                manifest = BackupManifest(created=created, meta=_check_copies(part), files=files)
                _refuse_others(folder, manifest)
                write_durably(part / MANIFEST, manifest.model_dump_json(indent=2).encode())
                make_private(part, ("",))
                sync_folder(part)
                part.rename(final)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
            sync_folder(folder)
    except OSError as error:
        raise os_error(folder, error) from error
    return Backup(final, manifest, left_out)


def rotate(folder: Path, keep: int) -> None:
    """Delete all but the newest `keep` backups in `folder`."""
    for old in list_backups(folder)[keep:]:
        discard(old)


def discard(backup: Backup) -> None:
    """Delete `backup`."""
    (backup.path / MANIFEST).unlink(missing_ok=True)  # from here on it is no backup
    shutil.rmtree(backup.path, ignore_errors=True)


def rewrite(backup: Backup, change: Callable[[Path], None]) -> Backup:
    """Replace `backup` by one whose catalogue `change` has edited, and which has no caches. Return the new one.

    After a kill at any moment, the old or the new one is complete. Raises as `back_up`.
    """
    folder = backup.path.parent
    try:
        with _alone(folder):
            final = unused_name(folder, backup.path.name)
            part = final.with_name(final.name + UNFINISHED)
            part.mkdir(mode=0o700)
            shutil.copyfile(backup.path / CATALOGUE, part / CATALOGUE)
            change(part / CATALOGUE)
            files = {CATALOGUE: describe(part / CATALOGUE)}
            manifest = backup.manifest.model_copy(update={"files": files, "meta": _check_copies(part)})
            write_durably(part / MANIFEST, manifest.model_dump_json(indent=2).encode())
            make_private(part, ("",))
            sync_folder(part)
            part.rename(final)
            sync_folder(folder)
            discard(backup)
    except OSError as error:
        raise os_error(folder, error) from error
    return Backup(final, manifest)


def find_backup(folder: Path, name: str | None) -> Backup:
    """Return the backup called `name`, or the newest. Raises `UsageError` if there is none."""
    backups = list_backups(folder)
    chosen = next((one for one in backups if name in (None, one.path.name)), None)
    if chosen is None:
        names = ", ".join(one.path.name for one in backups[:5]) or "none"
        raise UsageError(
            f"no backup {name or ''}".strip(),
            expected=f"a backup in {folder}",
            found=names,
            remedy="name one of these" if backups else "run `shortlist ops backup` while the home is intact",
        )
    return chosen


def verify(backup: Backup) -> None:
    """Read all files of `backup`. Raises `HomeDamaged` unless each is what was written and SQLite finds it intact."""
    for name, file in backup.manifest.files.items():
        path = backup.path / name
        try:
            found = describe(path)
        except OSError as error:
            raise damaged(backup.path, str(error)) from error
        if found != file:
            raise damaged(backup.path, f"{name} with another checksum")
    _check_copies(backup.path)


def restore_remedy(home: Path, otherwise: str) -> str:
    """Return the command that restores the newest backup in the home's folder, or `otherwise` if there is none."""
    backups = list_backups(home / FOLDER)
    if not backups:
        return otherwise
    return f"run `shortlist ops restore` to put back the newest backup ({backups[0].path.name})"


def _copy_databases(home: Path, part: Path) -> tuple[str, ...]:
    left_out = []
    for name in FILES:
        if not (home / name).exists():
            continue
        with closing(SqliteDatabase(home / name, restore_remedy(home, REBUILD))) as database:
            try:
                database.copy_to(part / name)
            except HomeDamaged:
                if name == CATALOGUE:
                    raise
                left_out.append(name)
    for rest in part.glob("*.unfinished*"):
        rest.unlink()
    return tuple(left_out)


def _check_copies(folder: Path) -> dict[str, str]:
    """Raise `HomeDamaged` unless SQLite finds the copies intact. Return the catalogue's own description."""
    meta: dict[str, str] = {}
    for name in FILES:
        if (folder / name).exists():
            try:
                with closing(sqlite3.connect(f"{(folder / name).absolute().as_uri()}?immutable=1", uri=True)) as copy:
                    (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
                    if name == CATALOGUE:
                        rows = copy.execute("SELECT key, value FROM meta")
                        meta = {key: value for key, value in rows if key in DESCRIPTION}
            except sqlite3.DatabaseError as error:
                raise damaged(folder, f"{name}: {error}") from error
            if found != "ok":
                raise damaged(folder, f"{name}: {found}")
    return meta


def _refuse_others(folder: Path, manifest: BackupManifest) -> None:
    """Raise `UsageError` if `folder` has backups of another home: the newest of all is restored, the oldest deleted."""
    ids = {one.manifest.meta.get("home_id") for one in list_backups(folder)}
    if ids - {manifest.meta.get("home_id")}:
        raise UsageError(
            f"{folder} has backups of another home",
            expected="a folder for the backups of this home alone",
            found=", ".join(sorted(map(str, ids))),
            remedy="set backup.folder to another one, or move those backups away",
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of backups in `folder`, and delete what a killed process left."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder / "backup.lock", "another process makes a backup"):
        for dead in folder.glob(f"*{UNFINISHED}"):
            shutil.rmtree(dead, ignore_errors=True)
        yield


def damaged(folder: Path, found: str) -> HomeDamaged:
    """Return the error for a damaged backup in `folder`. `found` is the symptom."""
    return HomeDamaged(
        f"the backup {folder.name} is damaged",
        expected="the files that were written",
        found=found,
        remedy="choose another one of `shortlist ops backup --list`",
    )
