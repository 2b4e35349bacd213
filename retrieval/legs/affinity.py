"""affinity: how much of what the reader likes is of a video's category."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from core.config import RetrievalConfig
from core.ranking import Query
from retrieval.arrays import Ints, Scores
from retrieval.filters import Allowed
from retrieval.legs.constant import RowScores, best_rows
from retrieval.legs.leg import Leg
from retrieval.legs.popular import popularity_share
from retrieval.snapshot import Snapshot

# Within a category the popular come first: as much as a thousandth of the reader's taste, so it never outweighs it.
_TIE_BREAK = 1e-3


class Affinity(Leg[RowScores]):
    """The profile's share of the video's category, plus `_TIE_BREAK` x its share of popularity."""

    name: ClassVar[str] = "affinity"

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        super().__init__(snapshot)

    def weigh(self, queries: Sequence[Query]) -> list[RowScores | None]:
        """See `Leg`; a profile without categories gives nothing to go by."""
        return [self._weigh(query) for query in queries]

    def best(self, scorings: Sequence[RowScores], asked: Sequence[Allowed], depths: Sequence[int]) -> list[Ints]:
        """See `Leg`."""
        return best_rows(self.snapshot, scorings, asked, depths)

    def _weigh(self, query: Query) -> RowScores | None:
        if query.profile is None or not any(share > 0 for share in query.profile.categories.values()):
            return None
        return RowScores(self.snapshot.columns.category.values(query.profile.categories) + self._tie_break)

    @cached_property
    def _tie_break(self) -> Scores:
        return _TIE_BREAK * popularity_share(self.snapshot)
