"""Embeddings of texts, cached by the hash of the text. The index and Chroma are written from here.

A kill can damage Chroma's index, and not all of that damage can be detected. With cached vectors, rebuilding it after a
crash needs no encoder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.store.caches.checked_table import CheckedTable
from shortlist.store.sql.database import Database
from shortlist.store.sql.dialect import in_list
from shortlist.store.sql.schema import vectors


class EmbeddingCache:
    """Embeddings, float32[d], by encoder and hash of the text. A damaged one counts as missing.

    `older` is a cache used before, if any: its vectors are copied when they are requested.
    """

    def __init__(self, database: Database, older: EmbeddingCache | None = None) -> None:
        self.table = CheckedTable(database, vectors)
        self._older = older

    def get_many(self, encoder: str, shas: Iterable[str]) -> dict[str, FloatArray]:
        """Return the cached vectors of `encoder` for texts with these hashes, by hash."""
        wanted = set(shas)
        rows = self.table.read((vectors.c.encoder == encoder) & in_list(vectors.c.text_sha, wanted))
        found = {row.text_sha: np.frombuffer(row.vector, dtype="<f4") for row in rows}
        if self._older is not None and found.keys() < wanted:
            moved = self._older.get_many(encoder, wanted - found.keys())
            self.put(encoder, moved)
            found.update(moved)
        return found

    def put(self, encoder: str, by_sha: Mapping[str, FloatArray]) -> None:
        """Store vectors of `encoder` by hash of the text."""
        self.table.write(
            [
                {"encoder": encoder, "text_sha": sha, "vector": vector.astype("<f4").tobytes()}
                for sha, vector in by_sha.items()
            ]
        )
