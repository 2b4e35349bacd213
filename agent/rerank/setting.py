"""What every rerank method is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from shortlist.agent.rerank.budget import Budget
from shortlist.agent.shelf import Shelf
from shortlist.core.config import RerankConfig
from shortlist.models.language_model import LanguageModel


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """The model that is asked; the records of the candidates and of the history; how much may be asked.

    `weight` is the share that the model's opinion will have in the final score.
    """

    model: LanguageModel
    shelf: Shelf
    config: RerankConfig
    budget: Budget = field(default_factory=lambda: Budget(None))
    weight: float = 1.0

    def head(self, ids: tuple[str, ...]) -> list[str]:
        """Those of the first `config.depth` of `ids` that there is a record of."""
        return [item for item in ids[: self.config.depth] if item in self.shelf.videos]
