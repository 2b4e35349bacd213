"""The package implicit: alternating least squares on readers' choices (Hu, Koren and Volinsky, ICDM 2008)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.peers.peer import PeerData, Scores

FACTORS = 64
ITERATIONS = 15
ALPHA = 20.0


class ImplicitAls:
    """A `Peer`. A reader's factors are computed from their history, so readers need not be in the training data."""

    def __init__(self, data: PeerData, factors: int = FACTORS) -> None:
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        self._data = data
        # implicit warns of more BLAS threads, and one thread gives the same factors for the same seed.
        with threadpool_limits(1, "blas"):
            self._model = AlternatingLeastSquares(
                factors, iterations=ITERATIONS, alpha=ALPHA, random_state=data.seed, num_threads=1
            )
            self._model.fit(self._matrix(list(data.histories.values())), show_progress=False)

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        reader = self._model.recalculate_user(0, self._matrix([self._data.history_rows(query)]))
        return np.asarray(self._model.item_factors @ np.ravel(reader), dtype=np.float64)

    def _matrix(self, histories: list[list[int]]) -> csr_matrix:
        readers = np.repeat(np.arange(len(histories)), [len(set(rows)) for rows in histories])
        columns = [row for rows in histories for row in sorted(set(rows))]
        shape = (len(histories), len(self._data.texts))
        return csr_matrix((np.ones(len(columns), dtype=np.float32), (readers, columns)), shape=shape)
