from __future__ import annotations

from pathlib import Path
from typing import Any

from shortlist.store.caches.cached_encoder import CachedEncoder
from shortlist.store.caches.embeddings import EmbeddingCache
from shortlist.store.sql.sqlite import SqliteDatabase


def test_a_text_is_encoded_once(tmp_path: Path, hash_encoder: Any) -> None:
    vectors = EmbeddingCache(SqliteDatabase(tmp_path / "vectors.sqlite3", "rebuild it", checked=True))
    first = CachedEncoder(lambda: hash_encoder, vectors, "hash-32").encode(["moon", "sea"])
    again = CachedEncoder(lambda: 1 / 0, vectors, "hash-32").encode(["sea", "moon"])  # type: ignore[arg-type, return-value]
    assert (again == first[::-1]).all()
    assert hash_encoder.texts == ["moon", "sea"]
    CachedEncoder(lambda: hash_encoder, vectors, "another").encode(["moon"])
    assert hash_encoder.texts == ["moon", "sea", "moon"]
