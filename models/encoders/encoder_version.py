"""What a home calls its encoder: all that decides the vector of a text, so that kept vectors can be believed."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.models.weights.manifest import load_manifest

MARK = "#"  # before what is not in the configured name
DIGITS = 12


def encoder_version(config: EncoderConfig, models: ModelsConfig) -> str:
    """`config.name`, and what else decides its vectors: weights in a folder, which may be trained again, by their hash,
    and `max_chunks` where it is not the default."""
    folder = Path(models.paths.get(config.name, config.name)).expanduser()
    parts = []
    if config.name not in load_manifest() and folder.is_dir():
        parts.append(f"weights={_weights(folder)}")
    if config.max_chunks != EncoderConfig().max_chunks:
        parts.append(f"max_chunks={config.max_chunks}")
    return MARK.join([config.name, ",".join(parts)]) if parts else config.name


def configured_name(version: str) -> str:
    """The name in the configuration of the encoder of this version."""
    return version.rpartition(MARK)[0] or version


def _weights(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        stat = path.stat()
        whole.update(f"{path.relative_to(folder)}\0".encode() + _digest(path, stat.st_size, stat.st_mtime_ns))
    return whole.hexdigest()[:DIGITS]


@cache
def _digest(path: Path, _size: int, _changed: int) -> bytes:
    """Hashed once a process while size and time of change stay."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
