"""The features of the candidates of one query. Each is named LEG:WHAT, after the leg whose evidence it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.core.types import HistoryItem
from shortlist.retrieval.fusion import min_max
from shortlist.retrieval.index.act_log import WINDOWS_US
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.cowatch import Cowatch
from shortlist.retrieval.legs.popular import freshness
from shortlist.retrieval.vectors.arrays import Ints, Scores

USUAL_HISTORY = 6.0  # liked items at which the length of a history changes nothing
Values = dict[str, Scores]


class Features:
    """Computes features over one snapshot; `cowatch` is its leg of that name."""

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig, cowatch: Cowatch) -> None:
        self._snapshot = snapshot
        self._fresh = freshness(snapshot, config.fresh_half_life_days)
        self._readers = np.log1p(snapshot.popularity)
        self._cowatch = cowatch

    def values(self, query: Query, scores: Mapping[str, Scores], rows: Ints, legs: tuple[str, ...]) -> Values:
        """Return each feature of n `rows`, float64[n], from the `scores` of the legs that answered, float64[n].

        A leg of `legs` that did not answer scores all alike.
        """
        liked = query.profile.liked if query.profile else ()
        length = np.log(max(1, len(liked)) / USUAL_HISTORY)
        found: Values = {}
        for leg in legs:
            found |= _of_leg(leg, scores.get(leg, np.zeros(len(rows))), length)
        return found | self._of_last(query, liked, rows) | self._of_popularity(query, liked, rows)

    def _of_last(self, query: Query, liked: tuple[HistoryItem, ...], rows: Ints) -> Values:
        """Evidence of the newest liked video alone, and of the nearest title."""
        newest = next((item.item_id for item in liked if item.kind == "video"), None)
        links = np.zeros(len(rows)) if newest is None else self._cowatch.after(newest, rows)
        nearest = last = np.zeros(len(rows))
        if query.vectors is not None and len(query.vectors):
            cosines = self._snapshot.vectors(rows) @ query.vectors.T
            nearest, last = cosines.max(axis=1).astype(np.float64), cosines[:, 0].astype(np.float64)
        return {
            "cowatch:last": np.arcsinh(links), "cowatch:last share": min_max(links),
            "dense:nearest": nearest, "dense:last": last,
        }  # fmt: skip

    def _of_popularity(self, query: Query, liked: tuple[HistoryItem, ...], rows: Ints) -> Values:
        snapshot = self._snapshot
        readers = self._readers[rows]
        watched = snapshot.rows(item.item_id for item in liked if item.kind == "video")
        usual = float(self._readers[watched].mean()) if len(watched) else 0.0
        found = {
            "popular:readers": readers, "popular:readers z": _z(readers), "popular:age": self._fresh[rows],
            "popular:as usual": -np.abs(readers - usual),
        }  # fmt: skip
        for name, width in WINDOWS_US.items():
            chosen = self._chosen_now[name][rows] if query.at is None else self._chosen(query.at, width, rows)
            found[f"popular:{name}"] = _z(np.log1p(chosen))
        return found

    def _chosen(self, at: datetime | None, width: int, rows: Ints) -> Ints:
        """Return how often each of `rows` was chosen in the `width` microseconds before `at`."""
        log = self._snapshot.log
        until = log.until(at)
        return log.chosen.count(self._snapshot.log_numbers[rows], until - width, until)

    @cached_property
    def _chosen_now(self) -> dict[str, Ints]:
        every = np.arange(len(self._snapshot))
        return {name: self._chosen(None, width, every) for name, width in WINDOWS_US.items()}


def _of_leg(leg: str, scores: Scores, length: float) -> Values:
    share, rank = min_max(scores), -np.log(_ranks(scores))
    return {
        f"{leg}:score": np.arcsinh(scores), f"{leg}:share": share, f"{leg}:z": _z(scores),
        f"{leg}:rank": rank, f"{leg}:share x history": share * length, f"{leg}:rank x history": rank * length,
    }  # fmt: skip


def _ranks(scores: Scores) -> Scores:
    """Return float64[n]: 1 plus the number of larger scores."""
    return np.asarray(1.0 + len(scores) - np.searchsorted(np.sort(scores), scores, side="right"))


def _z(scores: Scores) -> Scores:
    deviation = scores.std() if len(scores) else 0.0
    return (scores - scores.mean()) / deviation if deviation > 1e-12 else np.zeros(len(scores))
