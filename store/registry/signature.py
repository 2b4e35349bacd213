"""Signed files: the SHA-256 of each file of a folder, signed with a key that the home keeps.

A flipped bit, a file that was exchanged, added or lost, and a folder that was signed elsewhere are all noticed. The key
is a file that only the owner reads: whoever can read it can sign.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

MANIFEST = "checksums.json"
KEY = "signing.key"
REMEMBERED = 4096  # files


class Manifest(BaseModel):
    """The SHA-256 of each file by its path in the folder, and the HMAC-SHA256 of the folder's name and all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: dict[str, str]
    signature: str


def read_key(folder: Path) -> bytes:
    """Return the key in `folder`, which is written by the first call."""
    path = folder / KEY
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{KEY}.{secrets.token_hex(4)}"
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write(secrets.token_hex(32))
        fresh.replace(path)
    return path.read_bytes()


def sign(folder: Path, name: str, key: bytes) -> None:
    """Write the manifest of the files in `folder` and below, as those of `name`."""
    files = {one: _sha256(folder / one) for one in _names(folder)}
    manifest = Manifest(files=files, signature=_signature(name, files, key))
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")


def verify(folder: Path, key: bytes, ignored: frozenset[str] = frozenset()) -> None:
    """Raise `ValueError` with the reason unless the files in `folder` are those signed under its name.

    Files named `ignored` may be there. A process reads each file once, and again if the file system says that it has
    changed.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise ValueError("it is not signed") from None
    except ValidationError as error:
        raise ValueError(f"{MANIFEST} is not what was written") from error
    if not hmac.compare_digest(manifest.signature, _signature(folder.name, manifest.files, key)):
        raise ValueError("the signature is not of this home")
    found = set(_names(folder)) - ignored
    if found != manifest.files.keys():
        raise ValueError(f"{min(found ^ manifest.files.keys())} was added or is missing")
    changed = next((name for name, sha in manifest.files.items() if _sha256(folder / name) != sha), None)
    if changed:
        raise ValueError(f"{changed} is not what was written")


def _names(folder: Path) -> list[str]:
    paths = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if path != MANIFEST)


def _signature(name: str, files: dict[str, str], key: bytes) -> str:
    message = "\n".join([name, *(f"{sha} {file}" for file, sha in sorted(files.items()))])
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def _sha256(path: Path) -> str:
    stat = path.stat()
    return _read_sha256(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@lru_cache(REMEMBERED)
def _read_sha256(path: Path, *_version: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
