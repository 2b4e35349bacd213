"""Arguments that every rerank method shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shortlist.agent.batch import ItemBatch
from shortlist.agent.rerank.budget import Budget
from shortlist.agent.students.student import Student, no_student
from shortlist.core.config import RerankConfig
from shortlist.core.ranking import Ranking
from shortlist.models.llm.language_model import LanguageModel

OnJudgement = Callable[[Ranking, int], None]


def ignore(_reranked: Ranking, _total: int) -> None:
    """Do nothing with a judgement."""


@dataclass(frozen=True, slots=True, eq=False)
class RerankContext:
    """The model or student, the records of candidates and history, the settings, and the time budget of one request.

    `weight` is the share of the model's score in the final score. Pointwise methods call `on_judgement` after each
    candidate, with the permutation by what was judged so far and the number of candidates. They judge none for good if
    fewer than `least` fit into the budget.
    """

    model: LanguageModel
    items: ItemBatch
    config: RerankConfig
    budget: Budget = field(default_factory=lambda: Budget(None))
    weight: float = 1.0
    on_judgement: OnJudgement = ignore
    student: Callable[[], Student] = no_student
    depth: int | None = None
    least: int = 1

    def head(self, ids: tuple[str, ...]) -> list[str]:
        """Return those of the first `depth`, or else `config.depth`, of `ids` that have a record."""
        depth = self.config.depth if self.depth is None else self.depth
        return [item for item in ids[:depth] if item in self.items.videos]
