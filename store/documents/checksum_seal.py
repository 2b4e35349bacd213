"""The seal of a folder: checksums of its files, written when the folder is closed and checked when it is next opened.

Chroma's native index does not check its files: a damaged one can crash the process. There is no seal while the folder
is in use, so after a crash nothing can be checked, and the folder is accepted.

Any Chroma client that opens the folder, even to read, changes its database and may write its index again. SQLite counts
transactions. If an intact database counts more of them than the seal, another client has used the folder since, and it
is accepted too.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

SEAL = "seal.json"
DATABASE = "chroma.sqlite3"
TRANSACTIONS = "transactions"  # the key in the seal
CHUNK = 1 << 20


def write_seal(folder: Path) -> None:
    """Write the checksums of all files in `folder`, all or nothing."""
    unfinished = folder / f"{SEAL}.unfinished"
    unfinished.write_text(json.dumps(_checksums(folder) | {TRANSACTIONS: _transactions(folder)}))
    unfinished.replace(folder / SEAL)


def is_sealed(folder: Path) -> bool:
    """Return whether `folder` was closed properly."""
    return (folder / SEAL).exists()


def break_seal(folder: Path) -> str | None:
    """Check `folder` against its seal and remove the seal if they agree.

    Return the first file that was changed, removed or added, or None. Without a seal nothing is checked.
    """
    seal = folder / SEAL
    if not seal.exists():
        return None
    try:
        expected = json.loads(seal.read_text())
    except ValueError:
        return SEAL
    current = _checksums(folder)
    transactions = expected.pop(TRANSACTIONS, None)
    if (
        transactions is not None
        and DATABASE in current
        and _transactions(folder) > transactions
        and _is_intact(folder / DATABASE)
    ):
        expected = current
    for name in sorted(expected.keys() | current.keys()):
        if expected.get(name) != current.get(name):
            return str(name)
    seal.unlink()
    return None


def remove_seal(folder: Path) -> None:
    """Remove the seal without a check."""
    (folder / SEAL).unlink(missing_ok=True)


def _checksums(folder: Path) -> dict[str, int]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(SEAL))
    return {path.relative_to(folder).as_posix(): _crc(path) for path in files}


def _transactions(folder: Path) -> int:
    """Return SQLite's count of transactions, from the header of the file."""
    with (folder / DATABASE).open("rb") as file:
        return int.from_bytes(file.read(28)[24:], "big")


def _is_intact(database: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.Error:
        return False


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc
