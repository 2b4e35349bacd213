"""A search of files disturbs nobody who has them open."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

from shortlist.app.privacy.file_search import holds_any, search_files

LOCK = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB)"


def can_be_locked(path: Path) -> bool:
    """Whether another process gets the lock on the file."""
    done = subprocess.run([sys.executable, "-c", LOCK, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "BlockingIOError" in done.stderr
    return done.returncode == 0


def test_a_search_releases_no_lock_of_this_process(tmp_path: Path) -> None:
    """SQLite's locks are of this kind: they belong to a process, and end when it closes the file anywhere."""
    path = tmp_path / "catalogue.sqlite3"
    path.write_bytes(b"\0somebody-known\0")
    with path.open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        assert holds_any(tmp_path, ["somebody-known"])
        assert search_files(tmp_path, ["somebody-known"], (), (), ()) == (1, [path.name], {})
        assert not can_be_locked(path)
        path.open("rb").close()
        assert can_be_locked(path)
