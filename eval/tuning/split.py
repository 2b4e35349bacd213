"""Split queries into those that tune settings and held-out ones that test them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shortlist.eval.data.dataset import EvalQuery

TUNING_SHARE = 2 / 3  # of queries with times


def split_queries(queries: Sequence[EvalQuery], seed: int) -> tuple[list[int], list[int]]:
    """Return the indices of the tuning queries and of the held-out queries. A single query is both.

    If all queries have times, the earlier two thirds tune, because settings cannot be tuned on the future; queries of
    the same time stay together. Otherwise both halves are drawn at random.
    """
    times = [query.at for query in queries if query.at is not None]
    if len(times) == len(queries) and len(set(times)) > 1:
        cut = sorted(times)[round(TUNING_SHARE * len(times))]
        early = [index for index, at in enumerate(times) if at < cut]
        if early:
            return early, [index for index, at in enumerate(times) if at >= cut]
    order = np.random.default_rng(seed).permutation(len(queries)).tolist()
    half = (len(queries) + 1) // 2
    return sorted(order[:half]), sorted(order[half:] or order)
