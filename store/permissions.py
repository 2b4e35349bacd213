"""A home is its owner's alone: its folders have mode 700, its files 600."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_to_others(folder: Path) -> bool:
    """Whether `folder` exists and its group, or anybody, may read, write or enter it."""
    try:
        return bool(folder.stat().st_mode & OTHERS)
    except OSError:
        return False


def make_private(folder: Path, names: Sequence[str]) -> None:
    """Take everything in `folder` whose name begins with one of `names` from everybody but its owner.

    The folder itself, too, unless it holds something else: that may be meant for others. Nothing is raised where the
    system refuses.
    """
    with suppress(OSError):
        entries = sorted(folder.iterdir())
        own = [entry for entry in entries if entry.name.startswith(tuple(names))]
        if len(own) == len(entries):
            _restrict(folder)
        for entry in own:
            _restrict(entry)
            for root, folders, files in os.walk(entry):
                for name in (*folders, *files):
                    _restrict(Path(root, name))


def _restrict(path: Path) -> None:
    with suppress(OSError):
        mode = path.lstat().st_mode
        if mode & OTHERS and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)


def create_private(file: Path) -> None:
    """Make the empty file with mode 600, unless it exists. A folder that cannot be written is reported by its user."""
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
