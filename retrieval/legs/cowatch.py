"""cowatch: the videos that other readers watched after those that this reader liked recently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import scipy  # loads scipy.sparse when it is first used

from shortlist.core.config import RetrievalConfig
from shortlist.core.legs import LEGS, OF_READERS, LegSpec
from shortlist.core.ranking import Query
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.cowatch_counts import UNIT
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.legs.link_evidence import damping, liked_weights, link_evidence
from shortlist.retrieval.vectors.arrays import Ints, Scores
from shortlist.retrieval.vectors.topk import best_first


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The ascending `rows` that match the query, and their `values`, float64. All other rows score 0.

    `weights` has the weight of each liked video, by its number in `Links`.
    """

    rows: Ints
    values: Scores
    weights: Mapping[int, float]

    def at(self, rows: Ints) -> Scores:
        """See `Scoring`."""
        if not len(self.rows):
            return np.zeros(len(rows))
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.values[places], 0.0)


class Cowatch(Leg[Matches]):
    """Scores a video by its links from the liked videos: the sum of `cowatch_recency`^(position in the history) x link.

    The weight of a link is 1 forward and `cowatch_backward` backward. It is divided by (a x b)^`cowatch_damping`, where
    a and b are the numbers of readers who watched its two videos, because a very popular video follows every other.

    The confidence of the leg is the significance of the links of its best video.
    """

    name: ClassVar[str] = "cowatch"

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._config = config
        self._rows = np.array([_row(snapshot, item_id) for item_id in snapshot.links.ids], dtype=np.int64)
        forward = snapshot.links.forward.astype(np.float64)
        damped = scipy.sparse.diags_array(damping(snapshot.links.watched, config))
        self._links = scipy.sparse.csr_array(damped @ (forward + config.cowatch_backward * forward.T) @ damped)
        self._links.data /= UNIT

    def weigh(self, queries: Sequence[Query]) -> list[Matches | None]:
        """See `Leg`. None for a query whose profile has no liked video with a link."""
        links = self.snapshot.links
        liked = [liked_weights(query.profile.liked, links, self._config) if query.profile else {} for query in queries]
        starts = np.append(0, np.cumsum([len(one) for one in liked]))
        numbers = np.array([number for one in liked for number in one], dtype=np.int64)
        weights = np.array([weight for one in liked for weight in one.values()])
        product = (
            scipy.sparse.csr_array((weights, numbers, starts), shape=(len(queries), len(self._rows))) @ self._links
        )
        found = [
            self._matched(product.indices[start:end].astype(np.int64), product.data[start:end], one)
            for (start, end), one in zip(pairwise(product.indptr.tolist()), liked, strict=True)
        ]
        return [matches if len(matches.rows) else None for matches in found]

    def best(self, scorings: Sequence[Matches], allowed: Sequence[AllowedRows], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`. Returns only rows with a link."""
        return [self._best(*one) for one in zip(scorings, allowed, depths, strict=True)]

    def _best(self, matches: Matches, allowed: AllowedRows, depth: int) -> Ints:
        passed = slice(None) if allowed.mask is None else allowed.mask[matches.rows]
        rows, values = matches.rows[passed], matches.values[passed]
        return rows[best_first(values, self.snapshot.order[rows], depth)]

    def confidence(self, scoring: Matches, best: int) -> float:
        """Return the significance of the links of the best video, from 0 (chance) to 1."""
        number = self.snapshot.links.numbers.get(self.snapshot.ids[best])
        if number is None:
            return 0.0
        return link_evidence(self.snapshot.links, scoring.weights, [number], self._config)[0].confidence

    def after(self, video_id: str, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the links from one video, as if it were the only one liked."""
        number = self.snapshot.links.numbers.get(video_id)
        if number is None:
            return np.zeros(len(rows))
        start, end = self._links.indptr[number : number + 2].tolist()
        numbers, values = self._links.indices[start:end].astype(np.int64), self._links.data[start:end]
        return self._matched(numbers, values, {}).at(rows)

    def _matched(self, numbers: Ints, values: Scores, weights: Mapping[int, float]) -> Matches:
        rows = self._rows[numbers]
        order = np.argsort(rows)[np.count_nonzero(rows < 0) :]
        return Matches(rows[order], values[order], weights)


def _row(snapshot: Snapshot, item_id: str) -> int:
    row = snapshot.row(item_id)
    return -1 if row is None else row


def register() -> None:
    """Add the leg."""
    LEGS.add(Cowatch.name, LegSpec(Cowatch, weight=1.0, ranker_depth=150, kinds=OF_READERS))
