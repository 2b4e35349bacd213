"""The version of an encoder: a name that changes whenever the vector of a text would, so that vectors can be cached."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.models.weights.manifest import load_manifest

SEPARATOR = "#"  # between the configured name and everything else that decides the vectors
DIGITS = 12
FULL_PRECISION = "float32"


def encoder_version(config: EncoderConfig, models: ModelsConfig) -> str:
    """Return `config.name`, followed by everything else that decides the vectors.

    Weights in a folder, which may be trained again, add their hash; `max_chunks` is added if it is not the default, and
    the precision of an encoder of the manifest if it is not float32. Other encoders have no choice of precision.
    """
    folder = Path(models.paths.get(config.name, config.name)).expanduser()
    parts = []
    if config.name not in load_manifest() and folder.is_dir():
        parts.append(f"weights={_hash_weights(folder)}")
    if config.name in load_manifest() and config.precision != FULL_PRECISION:
        parts.append(f"precision={config.precision}")
    if config.max_chunks != EncoderConfig().max_chunks:
        parts.append(f"max_chunks={config.max_chunks}")
    return SEPARATOR.join([config.name, ",".join(parts)]) if parts else config.name


def configured_name(version: str) -> str:
    """Return the configured name of the encoder with this version."""
    return version.rpartition(SEPARATOR)[0] or version


def _hash_weights(folder: Path) -> str:
    sha = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        stat = path.stat()
        sha.update(f"{path.relative_to(folder)}\0".encode() + _digest(path, stat.st_size, stat.st_mtime_ns))
    return sha.hexdigest()[:DIGITS]


@cache
def _digest(path: Path, _size: int, _mtime_ns: int) -> bytes:
    """Hash a file; cached per process until its size or modification time changes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
