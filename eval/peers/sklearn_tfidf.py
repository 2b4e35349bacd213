"""scikit-learn: cosine similarity of TF-IDF vectors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.peers.peer import PeerData, Scores


class SklearnTfidf:
    """A `Peer` by the cosine of TF-IDF vectors."""

    def __init__(self, data: PeerData) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._data = data
        self._vectorizer = TfidfVectorizer(stop_words="english", sublinear_tf=True)
        self._matrix = self._vectorizer.fit_transform(data.texts).T.tocsr()

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        vector = self._vectorizer.transform([self._data.query_text(query)])
        return np.asarray((vector @ self._matrix).toarray()[0], dtype=np.float64)
