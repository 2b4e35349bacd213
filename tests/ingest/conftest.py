"""Fixtures for ingest: a home, an encoder without weights, tables written in one line."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.ranking import FloatArray
from shortlist.ingest.tables.rows import Failure, Row
from shortlist.store.home import Home

# Words of one line are near each other, so that this encoder knows a little of what words mean.
TOPICS = (
    "football goal keeper match sports athletes team penalty",
    "bread flour bake oven recipe food cooking soup sourdough",
    "moon space rocket comet planet telescope science physics",
    "guitar chord piano song music singing",
)


class WordEncoder:
    """Bag of hashed words, with a shared direction for the words of a topic. Counts the texts it encodes."""

    name = "words"
    dim = 48

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, texts: Sequence[str]) -> FloatArray:
        self.encoded += len(texts)
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[len(TOPICS) + zlib.crc32(word.encode()) % (self.dim - len(TOPICS))] += 0.3
                row[: len(TOPICS)] += [word in topic.split() for topic in TOPICS]
            row[-1] += 1e-3
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="session")
def new_word_encoder() -> type[WordEncoder]:
    """The class of encoders that count words."""
    return WordEncoder


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", WordEncoder.name) as opened:
        yield opened


@pytest.fixture
def config() -> IngestConfig:
    return IngestConfig(batch=50)


@pytest.fixture
def jsonl(tmp_path: Path) -> Callable[..., Path]:
    """Write records, one a line, to a .jsonl or .jsonl.gz file."""

    def write(*records: dict[str, Any], name: str = "table.jsonl") -> Path:
        path = tmp_path / name
        data = "".join(json.dumps(record) + "\n" for record in records).encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


@pytest.fixture
def text_file(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write(name: str, data: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


@pytest.fixture
def reasons() -> Callable[[Sequence[Row | Failure]], dict[str, str]]:
    """Line -> reason of every failure."""

    def of(entries: Sequence[Row | Failure]) -> dict[str, str]:
        return {entry.where.rsplit(":", 1)[1]: entry.reason for entry in entries if isinstance(entry, Failure)}

    return of
