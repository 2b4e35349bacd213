"""Embeddings of texts, cached by the hash of the text. The index and Chroma are written from here.

Chroma's index does not survive every moment in which a process can be killed, and some of the damage cannot be
seen. With the vectors at hand, rebuilding it after a crash takes no encoder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.store.caches.checked import CheckedTable
from shortlist.store.sql.database import Database
from shortlist.store.sql.dialect import among
from shortlist.store.sql.schema import vectors


class EmbeddingCache:
    """Embeddings by encoder and hash of the text, float32[d]. A damaged one counts as missing.

    What `older` holds, the cache that was used before, is taken over when it is asked for.
    """

    def __init__(self, database: Database, older: EmbeddingCache | None = None) -> None:
        self.table = CheckedTable(database, vectors)
        self._older = older

    def recall(self, encoder: str, shas: Iterable[str]) -> dict[str, FloatArray]:
        """The vectors of those texts that `encoder` has encoded before, by hash."""
        wanted = set(shas)
        rows = self.table.read((vectors.c.encoder == encoder) & among(vectors.c.text_sha, wanted))
        found = {row.text_sha: np.frombuffer(row.vector, dtype="<f4") for row in rows}
        if self._older is not None and found.keys() < wanted:
            moved = self._older.recall(encoder, wanted - found.keys())
            self.keep(encoder, moved)
            found.update(moved)
        return found

    def keep(self, encoder: str, by_sha: Mapping[str, FloatArray]) -> None:
        """Keep the vectors of texts that `encoder` has encoded."""
        self.table.write(
            [
                {"encoder": encoder, "text_sha": sha, "vector": vector.astype("<f4").tobytes()}
                for sha, vector in by_sha.items()
            ]
        )
