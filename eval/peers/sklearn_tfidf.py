"""scikit-learn: TF-IDF vectors and their cosine, as in a first prototype."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.peers.peer import Scores, World


class SklearnTfidf:
    """See `Peer`."""

    def __init__(self, world: World) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._world = world
        self._vectorizer = TfidfVectorizer(stop_words="english", sublinear_tf=True)
        self._matrix = self._vectorizer.fit_transform(world.texts).T.tocsr()

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        asked = self._vectorizer.transform([self._world.text_of(query)])
        return np.asarray((asked @ self._matrix).toarray()[0], dtype=np.float64)
