"""A server backs up its home once a day, without a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shortlist.store.backups.backup import backup_folder, list_backups, verify
from tests.serving.conftest import until


def test_a_server_makes_the_daily_backup(serve: Any, small_home: Path) -> None:
    with serve(small_home, daily=True):
        [made] = until(lambda: list_backups(backup_folder(small_home)))
    verify(made)
