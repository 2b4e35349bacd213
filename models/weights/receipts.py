"""Proof that a file has the sha256 it must have, kept so that a gigabyte is not hashed at every start."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from shortlist.models.weights.manifest import WeightFile

RECEIPTS = "verified.json"


def sha256_of(path: Path) -> str:
    """Hex sha256 of the file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Receipts:
    """What was hashed, at which size and time of change; a file that changed since is hashed again."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / RECEIPTS

    def intact(self, path: Path, file: WeightFile, *, rehash: bool = False) -> bool:
        """Whether `path` holds exactly `file`. False too where it cannot be read."""
        try:
            stat = path.stat()
            if stat.st_size != file.size:
                return False
            receipt = [stat.st_size, stat.st_mtime_ns, file.sha256]
            key = str(path.resolve())
            if not rehash and self._read().get(key) == receipt:
                return True
            if sha256_of(path) != file.sha256:
                self._write(key, None)  # else the next start would trust the size and time of a damaged file
                return False
        except OSError:
            return False
        self._write(key, receipt)
        return True

    def _read(self) -> dict[str, list[object]]:
        try:
            found = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, key: str, receipt: list[object] | None) -> None:
        receipts: dict[str, list[object] | None] = {**self._read(), key: receipt}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f"{RECEIPTS}.", dir=self._path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(receipts, stream, indent=1)
            Path(name).replace(self._path)
        except OSError:
            # A folder that cannot be written to costs a hash at the next start, nothing else.
            return
