"""The package rank-bm25: BM25Okapi over lower-case words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.peers.peer import PeerData, Scores


class RankBm25:
    """A `Peer` by BM25Okapi."""

    def __init__(self, data: PeerData) -> None:
        from rank_bm25 import BM25Okapi

        self._data = data
        self._index = BM25Okapi([text.lower().split() for text in data.texts])

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        words = self._data.query_text(query).lower().split()
        if rows is None:
            return np.asarray(self._index.get_scores(words), dtype=np.float64)
        scores = np.full(len(self._data.texts), -np.inf)
        scores[rows] = self._index.get_batch_scores(words, rows.tolist())
        return scores
