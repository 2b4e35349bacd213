"""The seam of every rerank method."""

from __future__ import annotations

from typing import Protocol

from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile


class Reranker(Protocol):
    """Orders a ranking anew by what a language model thinks of its candidates."""

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """A permutation of `ranking`, whatever the model answers: no id is lost, invented or doubled.

        `sources[0]` ranks only what the model judged, by the model's own score; what it did not judge
        follows in the order of `ranking`, which is `sources[1]`. Failures of the model become `notes`.
        """
        ...
