"""affinity: the share of a video's category in the reader's profile, or among the interests of a new reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.legs import LEGS, OF_READERS, LegSpec
from shortlist.core.ranking import Query
from shortlist.core.types import Profile
from shortlist.retrieval.filters import AllowedRows
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.leg import Leg, first_allowed
from shortlist.retrieval.legs.popular import popularity_share
from shortlist.retrieval.vectors.arrays import Bools, Ints, Rows, Scores
from shortlist.retrieval.vectors.topk import best_first, distinct

# Within a category the popular come first. The weight is too small to outweigh differences of taste.
_TIE_BREAK = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """A reader's `shares`, float64[c + 1], by category code, the last for no category.

    `codes` and `tie_break` have one value per row.
    """

    shares: Scores
    codes: Rows
    tie_break: Scores

    def at(self, rows: Ints) -> Scores:
        """Return float64[len(rows)]: the reader's share of each row's category, plus the tie-break.

        Without the tie-break if all rows have the same share, because popularity has a leg of its own.
        """
        shares = self.shares[self.codes[rows]]
        all_equal = shares.max(initial=-np.inf) == shares.min(initial=np.inf)
        return shares if all_equal else shares + self.tie_break[rows]


class Affinity(Leg[Taste]):
    """The profile's share of the video's category, plus `_TIE_BREAK` x its share of popularity."""

    name: ClassVar[str] = "affinity"

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)
        self._tie_break = _TIE_BREAK * popularity_share(snapshot)
        self._ranked = best_first(self._tie_break, snapshot.order)
        codes = snapshot.columns.category.codes[self._ranked]
        ends = np.searchsorted(np.sort(codes), np.arange(len(snapshot.columns.category.names) + 1))
        by_code = self._ranked[np.argsort(codes, kind="stable")]
        self._of_category = [by_code[start:end] for start, end in pairwise(ends.tolist())]

    def weigh(self, queries: Sequence[Query]) -> list[Taste | None]:
        """See `Leg`. None for a query whose profile has no categories, neither liked nor named as interests."""
        return [self._taste(self._shares(query.profile)) if query.profile else None for query in queries]

    def best(self, scorings: Sequence[Taste], allowed: Sequence[AllowedRows], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`."""
        one_by_one = zip(scorings, allowed, depths, strict=True)
        return [self._best(taste, limits.mask, depth) for taste, limits, depth in one_by_one]

    def _shares(self, profile: Profile) -> Mapping[str, float]:
        """Return the shares of what the reader likes; of a reader who liked nothing, those of the stated interests."""
        if profile.liked:
            return profile.categories
        stated = {interest.casefold() for interest in profile.interests}
        named = [name for name in self.snapshot.columns.category.names if name and name.casefold() in stated]
        return dict.fromkeys(named, 1 / max(1, len(named)))

    def _taste(self, categories: Mapping[str, float]) -> Taste | None:
        if not any(share > 0 for share in categories.values()):
            return None
        labels = self.snapshot.columns.category
        return Taste(labels.by_code(categories), labels.codes, self._tie_break)

    def _best(self, taste: Taste, mask: Bools | None, depth: int) -> Ints:
        # A row without a liked category scores lower than every more popular row of any category. So the head of the
        # popularity ranking includes all such rows that can be among the best.
        liked = np.flatnonzero(taste.shares[:-1] > 0).tolist()
        lists = [self._ranked, *(self._of_category[code] for code in liked)]
        return distinct(np.concatenate([first_allowed(rows, mask, depth) for rows in lists]))


def register() -> None:
    """Add the leg."""
    LEGS.add(Affinity.name, LegSpec(Affinity, weight=0.4, text_weight=0.1, ranker_depth=5, kinds=OF_READERS))
