"""The third fusion: a ranker trained on the scores of all legs. Before one is promoted, the weighted mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from shortlist.core.ranking import Query
from shortlist.retrieval.filters import allowed_rows
from shortlist.retrieval.fusion import Places, WeightedMean, found_rows
from shortlist.retrieval.learned_fusion.features import Features, Values
from shortlist.retrieval.legs.cowatch import Cowatch
from shortlist.retrieval.legs.leg import LegScores
from shortlist.retrieval.trained.ranker import Ranker
from shortlist.retrieval.vectors.arrays import Ints, Scores

LONG = 100  # results that the candidates of the ranker are meant for; a longer list deepens every leg


@dataclass(frozen=True, slots=True, eq=False)
class CandidateList:
    """The candidates of one query: their `rows`, ascending, and their features."""

    rows: Ints
    values: Values


class LearnedFusion(WeightedMean):
    """Sums features of the legs' candidates, if the home has a ranker and the query is a reader's without a text.

    A query that names its candidates is fused by weights, because a ranker is trained on what the legs find.

    Each leg's part is the sum of its features' parts. Parts are moved and scaled alike for all candidates of a query,
    so that the best total is 1 and no part is negative.
    """

    def weights(self, query: Query) -> dict[str, float]:
        """See `Fusion`: all legs of the ranker alike, if it can rank for this query.

        A weight of the query counts against the configured one: twice that doubles the leg's part.
        """
        ranker = self._ranker(query)
        if ranker is None:
            return super().weights(query)
        factors = {name: weight / (self._config.weights.get(name) or 1.0) for name, weight in query.weights}
        return {**dict.fromkeys(ranker.depths, 1.0), **factors}

    def depth(self, name: str, query: Query) -> int:
        """See `Fusion`."""
        ranker = self._ranker(query)
        if ranker is None:
            return super().depth(name, query)
        return max(ranker.depths[name], query.k) if query.k > LONG else ranker.depths[name]

    def join(
        self, query: Query, leg_scores: Mapping[str, LegScores], rows: Ints, weights: Mapping[str, float]
    ) -> tuple[dict[str, Scores], Places]:
        """See `Fusion`. Each leg ranks all of `rows`."""
        ranker = self._ranker(query)
        if ranker is None:
            return super().join(query, leg_scores, rows, weights)
        scores = {name: one.of(rows) for name, one in leg_scores.items()}
        parts = _scaled(ranker.parts(self._features.values(query, scores, rows, tuple(ranker.depths))))
        parts = {name: part * weights.get(name, 1.0) for name, part in parts.items()}
        return parts, partial(self.places, leg_scores, rows, scores)

    def lists(self, queries: Sequence[Query]) -> list[CandidateList]:
        """Return the candidates of `queries` with the features that the ranker sums, to train one."""
        found = []
        allowed = [allowed_rows(self.snapshot, query) for query in queries]
        for query, leg_scores in zip(queries, self.leg_scores(queries, allowed), strict=True):
            rows = found_rows(leg_scores)
            scores = {name: one.of(rows) for name, one in leg_scores.items()}
            found.append(CandidateList(rows, self._features.values(query, scores, rows, tuple(self.weights(query)))))
        return found

    def _ranker(self, query: Query) -> Ranker | None:
        a_reader = query.text is None and query.profile is not None and query.profile.liked
        return self.snapshot.trained.ranker if a_reader and query.only is None else None

    @cached_property
    def _features(self) -> Features:
        cowatch = self._legs.get(Cowatch.name)
        if not isinstance(cowatch, Cowatch):
            cowatch = Cowatch(self.snapshot, self._config)
        return Features(self.snapshot, self._config, cowatch)


def _scaled(parts: Mapping[str, Scores]) -> dict[str, Scores]:
    least = {name: part - part.min(initial=np.inf) for name, part in parts.items()}
    highest = np.sum([*least.values()], axis=0).max(initial=0.0) if least else 0.0
    return {name: part / highest if highest > 0 else part for name, part in least.items()}
