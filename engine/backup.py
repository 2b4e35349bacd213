"""Backups as commands and servers make them: with the settings of `[backup]`."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shortlist.core.config_sections.copies import BackupConfig
from shortlist.core.errors import HomeLocked, ShortlistError
from shortlist.store.backups.backup import Backup, back_up, backup_folder, list_backups, rotate, size_of
from shortlist.store.home import Home
from shortlist.store.known_damage import known, remember
from shortlist.store.sql.read_only import read_only

DAY = timedelta(days=1)

log = logging.getLogger(__name__)


def back_up_now(home: Home, config: BackupConfig) -> tuple[Backup, list[str]]:
    """Back up `home`, and delete the oldest backups unless records are damaged. Return it with the damaged records.

    Raises the errors of `back_up`, and `ReadOnlyHome` if it follows published snapshots.
    """
    if home.is_follower:
        raise read_only("a home that follows snapshots has nothing to back up")
    folder = backup_folder(home.path, config.folder)
    made = back_up(home.path, folder)
    damaged = home.catalogue.integrity.problems()
    if damaged:
        remember(home.path, {**known(home.path), "catalogue": damaged[0]})
    else:
        rotate(folder, config.keep)
    return made, damaged


def back_up_if_due(home: Home, config: BackupConfig) -> None:
    """Back up `home` if the newest backup is a day old. A failure is logged as a warning and raises nothing."""
    folder = backup_folder(home.path, config.folder)
    if not config.daily or home.created or home.is_follower:
        return
    newest = list_backups(folder)[:1]
    if newest and datetime.now(UTC) - newest[0].manifest.created < DAY:
        return
    try:
        if _has_room(home.path, config, "daily backup"):
            back_up_now(home, config)
    except HomeLocked as error:
        log.info("no daily backup: %s", error)
    except (ShortlistError, OSError) as error:
        log.warning("no daily backup: %s", error)


def back_up_before_migration(home: Path, config: BackupConfig) -> None:
    """Back up the home at `home`. A failure is logged as a warning: the migration copies the catalogue in any case."""
    try:
        if _has_room(home, config, "full backup before the migration"):
            back_up(home, backup_folder(home, config.folder))
    except (ShortlistError, OSError) as error:
        log.warning("no full backup before the migration: %s", error)


def _has_room(home: Path, config: BackupConfig, what: str) -> bool:
    """Return whether the files of `home` are not too large for the settings and the disk. Log a warning if they are."""
    size = size_of(home)
    if size > config.max_bytes:
        log.warning("no %s: %d bytes are more than backup.max_bytes; run `shortlist ops backup`", what, size)
        return False
    if shutil.disk_usage(home).free < 3 * size:
        log.warning("no %s: the disk is nearly full", what)
        return False
    return True
