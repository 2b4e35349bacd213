"""Arguments that every rerank method shares."""

from __future__ import annotations

from dataclasses import dataclass, field

from shortlist.agent.batch import ItemBatch
from shortlist.agent.rerank.budget import Budget
from shortlist.core.config import RerankConfig
from shortlist.models.llm.language_model import LanguageModel


@dataclass(frozen=True, slots=True, eq=False)
class RerankContext:
    """The model, the records of candidates and history, the settings, and the time budget of one request.

    `weight` is the share of the model's score in the final score.
    """

    model: LanguageModel
    items: ItemBatch
    config: RerankConfig
    budget: Budget = field(default_factory=lambda: Budget(None))
    weight: float = 1.0

    def head(self, ids: tuple[str, ...]) -> list[str]:
        """Return those of the first `config.depth` of `ids` that have a record."""
        return [item for item in ids[: self.config.depth] if item in self.items.videos]
