"""Hashes of everything that a finished run depends on: code, weights, settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from shortlist.core.config import AUTO, NONE, STUDENT, Config
from shortlist.core.plugins import PLUGINS
from shortlist.learning.student.versions import identity as student_identity
from shortlist.models.encoders.encoder_version import encoder_version
from shortlist.models.llm.loader import identity
from shortlist.models.weights.manifest import load_manifest

ROOT = Path(__file__).parents[1]
SOURCES = ("*.py", "*.md", "*.toml")
RANKING_CODE = (
    "agent", "core", "engine/build.py", "eval/answer", "eval/data", "eval/tasks", "ingest", "learning", "models",
    "prompts", "retrieval", "store",
)  # fmt: skip
PEER_CODE = ("eval/answer", "eval/data", "eval/peers", "eval/tasks")
# Code that decides the records and vectors in a task's home, and code that decides its index files.
CONTENT_CODE = (
    "core/stuffing.py", "eval/data", "eval/tasks/from_files.py", "eval/tasks/home.py", "ingest/categorise.py",
    "ingest/default_enrichment.py", "ingest/sentences.py", "ingest/simulate/simulate.py", "ingest/summarise.py",
    "models/encoders/windowed_encoder.py", "models/encoders/windows.py", "store/sql/schema.py",
    "store/documents/document.py",
)  # fmt: skip
INDEX_CODE = ("core/stuffing.py", "retrieval", "store/documents/document.py")


def digest(value: Any) -> str:
    """Return the first 16 hexadecimal digits of the sha256 of `value` as JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


@cache
def code_hash(paths: tuple[str, ...] = RANKING_CODE) -> str:
    """Return a hash of all source files in `paths`: folders or files, relative to the repository's root."""
    sha = hashlib.sha256()
    for path in sorted(_source_files(paths)):
        sha.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return sha.hexdigest()[:16]


def weights_hash(config: Config, method: str) -> str:
    """Return a hash of the encoder's weights, and of the student's or language model's that `method` may ask.

    For a model on an Ollama server, the server is asked for its current digest.
    """
    entry = load_manifest().get(config.encoder.name)
    weights = {"encoder": entry.files[0].sha256 if entry else encoder_version(config.encoder, config.models)}
    if method in (AUTO, STUDENT):
        weights["student"] = student_identity(config)
    if method not in (NONE, STUDENT):
        weights["llm"] = f"{identity(config.llm, config.models)} {config.llm.context}"
    return digest(weights)


def config_hash(config: Config, method: str) -> str:
    """Return a hash of the settings and plugins that can change a ranking; paths and threads are left out."""
    relevant = config.model_dump(mode="json", include={"retrieval", "profile", "rerank", "ingest"})
    relevant["encoder"] = [config.encoder.name, config.encoder.max_chunks, config.encoder.precision]
    return digest([relevant, method, *PLUGINS.identity])


def _source_files(paths: Iterable[str]) -> Iterable[Path]:
    for relative in paths:
        path = ROOT / relative
        if path.is_file():
            yield path
        else:
            yield from (file for pattern in SOURCES for file in path.rglob(pattern))
