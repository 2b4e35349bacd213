"""The place where files arrive: a folder, or a prefix in object storage (`s3_inbox.py`).

It has one folder for each kind of file in incoming/, and done/, quarantine/ and failed/ for people to look into.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from shortlist.ops.data.tables import KINDS, Kind

FileKind = Literal[Kind, "media", "transcripts"]
FILE_KINDS: tuple[FileKind, ...] = (*KINDS, "media", "transcripts")
INCOMING, PROCESSING, DONE, QUARANTINED, FAILED = FOLDERS = ("incoming", "processing", "done", "quarantine", "failed")
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")  # names that uploading programs give


@dataclass(frozen=True, slots=True)
class Found:
    """A complete file in incoming/: `name` is its path below the folder of its kind, `version` changes with it."""

    kind: FileKind
    name: str
    version: str


class Inbox(Protocol):
    """A place where files arrive."""

    def found(self) -> Iterator[Found]:
        """Yield the complete files, sorted by kind in the order of `FILE_KINDS`, then by name."""

    def n_incomplete(self) -> int:
        """Return the number of files in incoming/ that are not complete yet, hidden ones aside."""

    def take(self, found: Found, target: Path) -> bool:
        """Bring the file to `target`, all or nothing. Returns False if it is gone or still growing."""

    def clear(self, found: Found) -> None:
        """Remove the file from incoming/ if it is still there in this version."""

    def keep(self, path: Path, name: str) -> str:
        """Move the local file `path` to `name`, a path that begins with one of `FOLDERS`. Returns its location."""

    def put(self, name: str, content: bytes) -> None:
        """Write the small file `name`, all or nothing. Replaces an older one."""

    def move(self, found: Found, name: str) -> None:
        """Move the file from incoming/ to `name`, if it is still there in this version."""

    def fetch(self, name: str, target: Path) -> None:
        """Move the file that was kept as `name` to the local `target`. Raises `FileNotFoundError` if it is gone."""

    def remove(self, name: str) -> None:
        """Delete the file that was kept as `name`, if it is still there."""

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of all files in one of `FOLDERS`, sorted, also of those that are not complete."""

    def copy(self, name: str, target: Path) -> bool:
        """Copy the file `name` to the local `target`. Returns False if it is gone."""


class LocalInbox:
    """An inbox below the folder `root`, on the disk of the home.

    A file is complete if it was not changed for `settle_s` seconds and no process has it open for writing.
    """

    def __init__(self, root: Path, settle_s: float, now: Callable[[], float] = time.time) -> None:
        self._root = root
        self._settle_s = settle_s
        self._now = now
        for kind in FILE_KINDS:
            (root / INCOMING / kind).mkdir(parents=True, exist_ok=True)

    def found(self) -> Iterator[Found]:
        """See `Inbox`."""
        for kind in FILE_KINDS:
            folder = self._root / INCOMING / kind
            for path in sorted(folder.rglob("*")):
                if self._is_complete(path):
                    yield Found(kind, path.relative_to(folder).as_posix(), "")

    def n_incomplete(self) -> int:
        """See `Inbox`."""
        paths = (path for kind in FILE_KINDS for path in (self._root / INCOMING / kind).rglob("*"))
        visible = (path for path in paths if path.is_file() and not path.is_symlink() and not path.name.startswith("."))
        return sum(not self._is_complete(path) for path in visible)

    def take(self, found: Found, target: Path) -> bool:
        """See `Inbox`. The file is renamed."""
        path = self._root / INCOMING / found.kind / found.name
        if not self._is_complete(path):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        return True

    def clear(self, found: Found) -> None:
        """Do nothing: `take` has removed the file."""

    def keep(self, path: Path, name: str) -> str:
        """See `Inbox`."""
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        return str(target)

    def put(self, name: str, content: bytes) -> None:
        """See `Inbox`."""
        target = self._root / name
        part = target.with_name(f".{target.name}.part")
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.rename(target)

    def move(self, found: Found, name: str) -> None:
        """See `Inbox`. The file is renamed."""
        self.take(found, self._root / name)

    def fetch(self, name: str, target: Path) -> None:
        """See `Inbox`."""
        target.parent.mkdir(parents=True, exist_ok=True)
        (self._root / name).rename(target)

    def remove(self, name: str) -> None:
        """See `Inbox`."""
        (self._root / name).unlink(missing_ok=True)

    def names(self, folder: str) -> Iterator[str]:
        """See `Inbox`. Links are left out."""
        for path in sorted((self._root / folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(self._root).as_posix()

    def copy(self, name: str, target: Path) -> bool:
        """See `Inbox`."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(self._root / name, target)
        except FileNotFoundError:
            return False
        return True

    def _is_complete(self, path: Path) -> bool:
        if is_unfinished(path.name) or path.is_symlink() or not path.is_file():
            return False
        return self._now() - path.stat().st_mtime >= self._settle_s and not is_open_for_writing(path)


def is_unfinished(name: str) -> bool:
    """Return whether a name says that the upload is not finished, or that the file is hidden."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def is_open_for_writing(path: Path) -> bool:
    """Return whether a process of this machine has the file open for writing. Only Linux can say so; else False."""
    try:
        import fcntl

        lease = fcntl.F_SETLEASE
    except (ImportError, AttributeError):
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.fcntl(handle, lease, fcntl.F_RDLCK)  # refused if the file is open for writing
        fcntl.fcntl(handle, lease, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:  # another user's file, or a file system without leases
        return False
    finally:
        os.close(handle)
    return False
