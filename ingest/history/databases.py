"""SQLite databases of browsers and players: a copy is read, so the owner may go on and nothing of theirs changes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from shortlist.core.errors import UsageError

SQLITE = b"SQLite format 3\0"
Columns = dict[str, frozenset[str]]


def tables_of(path: Path) -> frozenset[str]:
    """Return the names of the tables, or none if the file is no database that can be read."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as connection:
            return frozenset(
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            )
    except sqlite3.DatabaseError:
        return frozenset()


@contextmanager
def copy_of(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy, with what its owner has not merged into the file yet. Raises `UsageError` if it is damaged."""
    with TemporaryDirectory(prefix="shortlist-import-") as folder:
        copy = Path(folder, "copy.sqlite")
        shutil.copyfile(path, copy)
        log = path.with_name(f"{path.name}-wal")
        if log.is_file():
            shutil.copyfile(log, copy.with_name("copy.sqlite-wal"))
        with closing(sqlite3.connect(copy)) as connection:
            connection.row_factory = sqlite3.Row
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            connection.execute("PRAGMA trusted_schema=OFF")
            try:
                yield connection
            except sqlite3.DatabaseError as error:
                raise UsageError(
                    f"{path.name}: unreadable", expected="the database as the program keeps it", found=str(error),
                    remedy="close the program, and copy the file again",
                ) from error  # fmt: skip
