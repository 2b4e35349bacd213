"""cowatch: the videos that others watched after those that the reader liked lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array, diags_array

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.retrieval.filters import Allowed
from shortlist.retrieval.index.cowatch_counts import UNIT
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg
from shortlist.retrieval.legs.link_evidence import damping, liked_weights, link_evidence
from shortlist.retrieval.vectors.arrays import Ints, Scores
from shortlist.retrieval.vectors.topk import best_first


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The `rows`, ascending, that match the query, and their `values`, float64; all others score 0.

    `weights` are those of the liked videos, by number.
    """

    rows: Ints
    values: Scores
    weights: Mapping[int, float]

    def at(self, rows: Ints) -> Scores:
        """float64[len(rows)]: the values of `rows`."""
        if not len(self.rows):
            return np.zeros(len(rows))
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.values[places], 0.0)


class Cowatch(Leg[Matches]):
    """The sum over the liked videos of `cowatch_recency`^(steps back) x (their link to the video).

    A link counts forward fully, backward `cowatch_backward`, and is divided by (a x b)^`cowatch_damping`, where a and b
    are how many readers watched its two videos: what everybody watched follows everything.

    The leg counts in a fusion as far as the links of its best video are more than chance.
    """

    name: ClassVar[str] = "cowatch"

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._config = config
        self._rows = np.array([_row(snapshot, item_id) for item_id in snapshot.links.ids], dtype=np.int64)
        forward = snapshot.links.forward.astype(np.float64)
        damped = diags_array(damping(snapshot.links.watched, config))
        self._links = csr_array(damped @ (forward + config.cowatch_backward * forward.T) @ damped)
        self._links.data /= UNIT

    def weigh(self, queries: Sequence[Query]) -> list[Matches | None]:
        """See `Leg`; a profile without a liked video that anybody else watched gives nothing to go by."""
        links = self.snapshot.links
        liked = [liked_weights(query.profile.liked, links, self._config) if query.profile else {} for query in queries]
        starts = np.append(0, np.cumsum([len(one) for one in liked]))
        numbers = np.array([number for one in liked for number in one], dtype=np.int64)
        weights = np.array([weight for one in liked for weight in one.values()])
        product = csr_array((weights, numbers, starts), shape=(len(queries), len(self._rows))) @ self._links
        found = [
            self._matched(product.indices[start:end].astype(np.int64), product.data[start:end], one)
            for (start, end), one in zip(pairwise(product.indptr.tolist()), liked, strict=True)
        ]
        return [matches if len(matches.rows) else None for matches in found]

    def best(self, scorings: Sequence[Matches], asked: Sequence[Allowed], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`; only rows with a link come back."""
        return [self._best(*one) for one in zip(scorings, asked, depths, strict=True)]

    def _best(self, matches: Matches, limits: Allowed, depth: int) -> Ints:
        passed = slice(None) if limits.mask is None else limits.mask[matches.rows]
        rows, values = matches.rows[passed], matches.values[passed]
        return rows[best_first(values, self.snapshot.order[rows], depth)]

    def confidence(self, scoring: Matches, best: int) -> float:
        """See `Leg`: how far the links of the best video are more than chance, between 0 and 1."""
        number = self.snapshot.links.numbers.get(self.snapshot.ids[best])
        if number is None:
            return 0.0
        return link_evidence(self.snapshot.links, scoring.weights, number, self._config).confidence

    def _matched(self, numbers: Ints, values: Scores, weights: Mapping[int, float]) -> Matches:
        rows = self._rows[numbers]
        order = np.argsort(rows)[np.count_nonzero(rows < 0) :]
        return Matches(rows[order], values[order], weights)


def _row(snapshot: Snapshot, item_id: str) -> int:
    row = snapshot.row(item_id)
    return -1 if row is None else row
