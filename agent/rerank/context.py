"""What every rerank method is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from shortlist.agent.batch import ItemBatch
from shortlist.core.config import RerankConfig
from shortlist.models.llm.language_model import LanguageModel


class Budget:
    """Says whether another call fits, taking the last call's time as the next one's. No limit where `ms` is None.

    No call is started that would not fit, so a rerank overshoots by at most the one call it misjudged.
    """

    def __init__(self, ms: float | None, clock: Callable[[], float] = perf_counter) -> None:
        self._ms = ms
        self._clock = clock
        self._start = self._last = clock()
        self._call_s = 0.0

    def fits(self) -> bool:
        """Whether a call started now should end in time. Call it once before each call."""
        now = self._clock()
        self._call_s, self._last = now - self._last, now
        if self._ms is None:
            return True
        return (now - self._start) + self._call_s < self._ms / 1000


@dataclass(frozen=True, slots=True, eq=False)
class RerankContext:
    """The model that is asked; the records of the candidates and of the history; how much may be asked.

    `weight` is the share that the model's opinion will have in the final score.
    """

    model: LanguageModel
    shelf: ItemBatch
    config: RerankConfig
    budget: Budget = field(default_factory=lambda: Budget(None))
    weight: float = 1.0

    def head(self, ids: tuple[str, ...]) -> list[str]:
        """Those of the first `config.depth` of `ids` that there is a record of."""
        return [item for item in ids[: self.config.depth] if item in self.shelf.videos]
