"""Check files against their sha256, and record the result, so that a gigabyte is not hashed at every start."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from shortlist.models.weights.manifest import Model, WeightFile

RECORD = "verified.json"


def sha256_of(path: Path) -> str:
    """Return the sha256 of the file's content in hexadecimal. Raises `OSError`."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class VerifiedFiles:
    """A record in `folder` of the files that were hashed: size, modification time and sha256 by path.

    A file is hashed again if its size or modification time has changed.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / RECORD

    def verify(self, path: Path, file: WeightFile, *, rehash: bool = False) -> bool:
        """Return whether `path` has the size and sha256 of `file`; False if it cannot be read.

        With `rehash`, the record is ignored and the file is hashed.
        """
        try:
            stat = path.stat()
            if stat.st_size != file.size:
                return False
            entry = [stat.st_size, stat.st_mtime_ns, file.sha256]
            key = str(path.resolve())
            if not rehash and self._read().get(key) == entry:
                return True
            if sha256_of(path) != file.sha256:
                self._write(key, None)  # otherwise the next start would trust the size and time of a damaged file
                return False
        except OSError:
            return False
        self._write(key, entry)
        return True

    def missing(self, model: Model, location: Path, *, rehash: bool = False) -> list[WeightFile]:
        """Return the files of `model` that are absent or damaged at `location`, which a loader opens."""
        return [one for one in model.files if not self.verify(model.file_path(location, one), one, rehash=rehash)]

    def _read(self) -> dict[str, list[object]]:
        try:
            entries = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return entries if isinstance(entries, dict) else {}

    def _write(self, key: str, entry: list[object] | None) -> None:
        entries: dict[str, list[object] | None] = {**self._read(), key: entry}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f"{RECORD}.", dir=self._path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(entries, stream, indent=1)
            Path(name).replace(self._path)
        except OSError:
            # In a read-only folder the next start hashes the file again.
            return
