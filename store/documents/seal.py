"""The seal of a folder: the checksums of its files, written when it is closed and checked when it is next opened.

Chroma's native index trusts its files: a damaged one can end the process instead of raising. While the folder is in use
there is no seal, so after a crash there is nothing to check against and the folder is believed.

Any Chroma client that opens the folder, even to read, writes to its database, and may write its index again. SQLite
counts transactions: where a sound database counts more of them than the seal, somebody else closed the folder later
than we did. Then, too, it is believed.
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
    """Note the checksums of all files in `folder`: whole or not at all."""
    unfinished = folder / f"{SEAL}.unfinished"
    unfinished.write_text(json.dumps(_checksums(folder) | {TRANSACTIONS: _transactions(folder)}))
    unfinished.replace(folder / SEAL)


def is_sealed(folder: Path) -> bool:
    """Whether `folder` was closed as it should be."""
    return (folder / SEAL).exists()


def break_seal(folder: Path) -> str | None:
    """Check `folder` against its seal and, if all is well, take the seal away.

    Returns the first file that changed, went or came since, or None. Without a seal nothing is checked.
    """
    seal = folder / SEAL
    if not seal.exists():
        return None
    try:
        expected = json.loads(seal.read_text())
    except ValueError:
        return SEAL
    found = _checksums(folder)
    before = expected.pop(TRANSACTIONS, None)
    if before is not None and DATABASE in found and _transactions(folder) > before and _is_sound(folder / DATABASE):
        expected = found
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            return str(name)
    seal.unlink()
    return None


def remove_seal(folder: Path) -> None:
    """Take the seal away unchecked."""
    (folder / SEAL).unlink(missing_ok=True)


def _checksums(folder: Path) -> dict[str, int]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(SEAL))
    return {path.relative_to(folder).as_posix(): _crc(path) for path in files}


def _transactions(folder: Path) -> int:
    """SQLite's own count of the transactions on the database, from the header of the file."""
    with (folder / DATABASE).open("rb") as file:
        return int.from_bytes(file.read(28)[24:], "big")


def _is_sound(database: Path) -> bool:
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
