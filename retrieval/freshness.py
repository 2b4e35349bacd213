"""How fresh a video is beside the newest one: the same on any day."""

from __future__ import annotations

import numpy as np

from shortlist.retrieval.arrays import Scores
from shortlist.retrieval.snapshot import Snapshot

_DAY_S = 86_400.0


def freshness(snapshot: Snapshot, half_life_days: float) -> Scores:
    """float64[n]: 2^(-age / half-life), the age counted from the newest live video; 0 where it is unknown."""
    published = snapshot.columns.published
    known = snapshot.live & ~np.isnan(published)
    fresh = np.zeros(len(published))
    if known.any():
        fresh[known] = 0.5 ** ((published[known].max() - published[known]) / (half_life_days * _DAY_S))
    return fresh
