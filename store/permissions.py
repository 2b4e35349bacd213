"""File modes of a home: 700 for folders and 600 for files, so that only its owner can read it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_to_others(folder: Path) -> bool:
    """Return whether `folder` exists and users other than its owner may read, write or enter it."""
    try:
        return bool(folder.stat().st_mode & OTHERS)
    except OSError:
        return False


def make_private(folder: Path, names: Sequence[str]) -> None:
    """Restrict every entry of `folder` whose name begins with one of `names` to its owner.

    Restrict the folder itself only if it has no other entries: those may be meant for others. Errors of the system are
    ignored.
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
    """Create an empty file with mode 600 unless it exists. Errors are ignored: opening the file reports them.

    A file that exists is not even opened: closing it would release all locks of this process on it (POSIX), also those
    of SQLite.
    """
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
