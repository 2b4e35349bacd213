"""Embeddings of texts, cached by the hash of the text. The index and Chroma are written from here.

Chroma's index does not survive every moment in which a process can be killed, and some of the damage cannot be
seen. With the vectors at hand, rebuilding it after a crash takes no encoder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from sqlalchemy import select

from shortlist.core.ranking import FloatArray
from shortlist.store.sql import schema
from shortlist.store.sql.database import Database
from shortlist.store.sql.dialect import among
from shortlist.store.sql.schema import vectors


class EmbeddingCache:
    """Embeddings by encoder and hash of the text, float32[d]."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recall(self, encoder: str, shas: Iterable[str]) -> dict[str, FloatArray]:
        """The vectors of those texts that `encoder` has encoded before, by hash."""
        self._database.prepare(schema.vector_cache)
        known = select(vectors.c.text_sha, vectors.c.vector)
        known = known.where(vectors.c.encoder == encoder, among(vectors.c.text_sha, shas))
        with self._database.reading() as connection:
            return {sha: np.frombuffer(vector, dtype="<f4") for sha, vector in connection.execute(known)}

    def keep(self, encoder: str, by_sha: Mapping[str, FloatArray]) -> None:
        """Keep the vectors of texts that `encoder` has encoded."""
        self._database.prepare(schema.vector_cache)
        rows = [
            {"encoder": encoder, "text_sha": sha, "vector": vector.astype("<f4").tobytes()}
            for sha, vector in by_sha.items()
        ]
        if rows:
            with self._database.writing() as connection:
                connection.execute(self._database.insert_new(vectors), rows)
