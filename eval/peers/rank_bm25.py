"""rank-bm25: BM25Okapi over lower-case words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.peers.peer import Scores, World


class RankBm25:
    """See `Peer`."""

    def __init__(self, world: World) -> None:
        from rank_bm25 import BM25Okapi

        self._world = world
        self._index = BM25Okapi([text.lower().split() for text in world.texts])

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        words = self._world.text_of(query).lower().split()
        if rows is None:
            return np.asarray(self._index.get_scores(words), dtype=np.float64)
        found = np.full(len(self._world.texts), -np.inf)
        found[rows] = self._index.get_batch_scores(words, rows.tolist())
        return found
