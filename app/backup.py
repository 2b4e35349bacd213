"""Backups as commands make them: with the settings of `[backup]`, and once a day of use."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime, timedelta

from shortlist.core.config import BackupConfig
from shortlist.core.errors import ShortlistError
from shortlist.store.backups.backup import Backup, back_up, backup_folder, list_backups, rotate, size_of
from shortlist.store.home import Home

DAY = timedelta(days=1)

log = logging.getLogger(__name__)


def back_up_now(home: Home, config: BackupConfig) -> tuple[Backup, list[str]]:
    """Back up `home`, and delete the oldest backups unless records are damaged. Return it with the damaged records.

    Raises the errors of `back_up`.
    """
    folder = backup_folder(home.path, config.folder)
    made = back_up(home.path, folder)
    damaged = home.catalogue.integrity.problems()
    if not damaged:
        rotate(folder, config.keep)
    return made, damaged


def back_up_if_due(home: Home, config: BackupConfig) -> None:
    """Back up `home` if the newest backup is a day old. A failure is logged as a warning and raises nothing."""
    folder = backup_folder(home.path, config.folder)
    if not config.daily or home.created:
        return
    newest = list_backups(folder)[:1]
    if newest and datetime.now(UTC) - newest[0].manifest.created < DAY:
        return
    try:
        size = size_of(home.path)
        if size > config.max_bytes:
            log.warning("no daily backup: %d bytes are more than backup.max_bytes; run `shortlist backup`", size)
        elif shutil.disk_usage(home.path).free < 3 * size:
            log.warning("no daily backup: the disk is nearly full")
        else:
            back_up_now(home, config)
    except (ShortlistError, OSError) as error:
        log.warning("no daily backup: %s", error)
