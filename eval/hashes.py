"""What a finished run depends on, as hashes: the code, the weights, the settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from shortlist.core.config import NONE, Config
from shortlist.models.encoders.encoder_version import encoder_version
from shortlist.models.llm.loader import identity
from shortlist.models.weights.manifest import load_manifest

ROOT = Path(__file__).parents[1]
SOURCES = ("*.py", "*.md", "*.toml")
RANKING_CODE = (
    "agent", "app/build.py", "core", "eval/answer", "eval/data", "eval/tasks", "ingest", "models", "prompts",
    "retrieval", "store",
)  # fmt: skip
PEER_CODE = ("eval/answer", "eval/data", "eval/peers", "eval/tasks")
# What decides the content of a task's home, and then of its index files.
CONTENT_CODE = (
    "eval/data", "eval/tasks/from_files.py", "eval/tasks/home.py", "ingest/categorise.py",
    "ingest/default_enrichment.py", "ingest/sentences.py", "ingest/simulate/simulate.py", "ingest/summarise.py",
    "models/encoders/windowed_encoder.py", "models/encoders/windows.py", "store/sql/schema.py",
    "store/documents/document.py",
)  # fmt: skip
INDEX_CODE = ("retrieval", "store/documents/document.py")


def digest(value: Any) -> str:
    """sha256 of `value` as JSON, 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


@cache
def code_hash(places: tuple[str, ...] = RANKING_CODE) -> str:
    """Hash of all source files in `places`, folders or files of the repository."""
    whole = hashlib.sha256()
    for path in sorted(_sources(places)):
        whole.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return whole.hexdigest()[:16]


def weights_hash(config: Config, method: str) -> str:
    """Hash of the weights in use: the encoder's, and those of the language model where `method` may ask one.

    With an Ollama server it is that server's digest of the model, asked for now.
    """
    known = load_manifest().get(config.encoder.name)
    used = {"encoder": known.files[0].sha256 if known else encoder_version(config.encoder, config.models)}
    if method != NONE:
        used["llm"] = f"{identity(config.llm, config.models)} {config.llm.context}"
    return digest(used)


def config_hash(config: Config, method: str) -> str:
    """Hash of the settings that can change a ranking: where things lie and how many threads run are not among them."""
    relevant = config.model_dump(mode="json", include={"retrieval", "profile", "rerank", "ingest"})
    relevant["encoder"] = [config.encoder.name, config.encoder.max_chunks]
    return digest([relevant, method])


def _sources(places: Iterable[str]) -> Iterable[Path]:
    for place in places:
        path = ROOT / place
        if path.is_file():
            yield path
        else:
            yield from (found for pattern in SOURCES for found in path.rglob(pattern))
