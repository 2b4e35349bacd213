"""Which queries choose the settings, and which are kept apart to judge them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shortlist.eval.data.dataset import EvalQuery

EARLIER = 2 / 3


def halves(queries: Sequence[EvalQuery], seed: int) -> tuple[list[int], list[int]]:
    """Places of the queries that choose and of those that judge; one query alone does both.

    Where all have times, the earlier two thirds choose, for nobody can tune on tomorrow; queries of the same moment
    stay together. Elsewhere the halves are drawn at random.
    """
    moments = [query.at for query in queries if query.at is not None]
    if len(moments) == len(queries) and len(set(moments)) > 1:
        cut = sorted(moments)[round(EARLIER * len(moments))]
        early = [place for place, at in enumerate(moments) if at < cut]
        if early:
            return early, [place for place, at in enumerate(moments) if at >= cut]
    order = np.random.default_rng(seed).permutation(len(queries)).tolist()
    half = (len(queries) + 1) // 2
    return sorted(order[:half]), sorted(order[half:] or order)
