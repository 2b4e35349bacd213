"""Caches notice every flipped bit: a damaged row counts as missing, is reported, and is written again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.models.llm.language_model import Message
from shortlist.store.caches.completions import CachedModel
from shortlist.store.home import Home

pytestmark = pytest.mark.in_files
ASK = [Message("user", "Moon?")]


def vector(seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=8).astype(np.float32)


def flip(file: Path, needle: bytes) -> None:
    """Flip one bit inside of the only place with `needle`."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    assert content.count(needle) == 1
    content[content.index(needle) + len(needle) // 2] ^= 0x80
    file.write_bytes(content)


@pytest.mark.parametrize("at", range(0, 32, 5))
def test_a_damaged_embedding_counts_as_missing(home: Home, at: int, caplog: pytest.LogCaptureFixture) -> None:
    home.embeddings.put("hash-32", {"one": vector(1), "two": vector(2)})
    flip(home.path / "vectors.sqlite3", vector(1).tobytes()[at : at + 4])
    assert list(home.embeddings.get_many("hash-32", ["one", "two"])) == ["two"]
    assert "1 damaged row" in caplog.text
    assert ["1 damaged row" in problem for cache in home.caches for problem in cache.problems()] == [True]
    home.embeddings.put("hash-32", {"one": vector(1)})
    assert home.embeddings.get_many("hash-32", ["one"])["one"].tolist() == vector(1).tolist()
    assert not any(cache.problems() for cache in home.caches)


def test_a_damaged_answer_is_asked_again(home: Home, scripted_model: Any) -> None:
    model = scripted_model("It is round.", "Round.")
    assert CachedModel(model, home.answers, "1").complete(ASK).text == "It is round."
    flip(home.path / "answers.sqlite3", b"round")
    with Home.open(home.path) as again:
        assert [bool(cache.problems()) for cache in again.caches] == [True, False]
        assert CachedModel(model, again.answers, "1").complete(ASK).text == "Round."
        assert CachedModel(model, again.answers, "1").complete(ASK).cached


def test_repair_deletes_only_what_is_damaged(home: Home) -> None:
    home.embeddings.put("hash-32", {"one": vector(1), "two": vector(2)})
    flip(home.path / "vectors.sqlite3", vector(1).tobytes())
    assert home.repair_caches() == [str(home.path / "vectors.sqlite3")]
    assert not any(cache.problems() for cache in home.caches)
    assert list(home.embeddings.get_many("hash-32", ["one", "two"])) == ["two"]


def test_a_cache_of_an_older_version_keeps_its_rows_and_gets_checksums(home: Home) -> None:
    with closing(sqlite3.connect(home.path / "vectors.sqlite3")) as old:
        old.execute("CREATE TABLE vectors (encoder TEXT, text_sha TEXT, vector BLOB, PRIMARY KEY (encoder, text_sha))")
        old.execute("INSERT INTO vectors VALUES ('hash-32', 'one', ?)", (vector(1).tobytes(),))
        old.commit()
    assert home.embeddings.get_many("hash-32", ["one"])["one"].tolist() == vector(1).tolist()
    home.embeddings.put("hash-32", {"two": vector(2)})
    assert not any(cache.problems() for cache in home.caches)
    flip(home.path / "vectors.sqlite3", vector(1).tobytes())
    assert list(home.embeddings.get_many("hash-32", ["one", "two"])) == ["two"]
