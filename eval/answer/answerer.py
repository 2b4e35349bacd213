"""The protocol of systems under evaluation, and their answer to one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shortlist.core.notes import Note
from shortlist.core.ranking import MAX_K, ModelUse, Ranking
from shortlist.eval.data.dataset import EvalQuery

# The depth of the deepest metric. Given candidates are ranked to the last.
DEPTH = 100


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The ranking for one query, the use of a language model, and notes.

    `timings_ms` holds milliseconds by stage. It is empty if the query was answered together with others.
    """

    ranking: Ranking
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    use: ModelUse = field(default_factory=ModelUse)
    notes: tuple[Note, ...] = ()


class Answerer(Protocol):
    """Answers queries in batches of `batch_size`; an interrupted run loses one batch at most."""

    batch_size: int

    def __call__(self, queries: Sequence[EvalQuery]) -> list[Answer]:
        """Return one answer for each query. Raises `ShortlistError` if one of them cannot be answered."""
        ...


def depth_of(query: EvalQuery) -> int:
    """Return the number of items to rank for `query`."""
    return DEPTH if query.candidates is None else min(MAX_K, len(query.candidates))
