"""One query, answered, and what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shortlist.core.notes import Note
from shortlist.core.ranking import MAX_K, ModelUse, Ranking
from shortlist.eval.data.dataset import EvalQuery

# The deepest that a metric looks; a list of candidates is ranked whole.
DEPTH = 100


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """The ranking for one query, the language model's part, and notes for the person.

    `timings_ms` holds milliseconds by stage, and nothing where the query was asked together with others.
    """

    ranking: Ranking
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    use: ModelUse = field(default_factory=ModelUse)
    notes: tuple[Note, ...] = ()


class Answerer(Protocol):
    """Answers queries in batches of `batch`: what a kill loses at most."""

    batch: int

    def __call__(self, queries: Sequence[EvalQuery]) -> list[Answered]:
        """One answer a query. Raises `ShortlistError` where one cannot be answered."""
        ...


def depth_of(query: EvalQuery) -> int:
    """How many items `query` wants ranked."""
    return DEPTH if query.candidates is None else min(MAX_K, len(query.candidates))
