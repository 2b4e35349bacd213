"""A finished run: the rankings and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shortlist.core.notes import Note
from shortlist.core.ranking import ModelUse, Run
from shortlist.eval.answer.batches import Batch
from shortlist.eval.variants import Variant


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """`stage_ms` holds milliseconds by stage, float64[timed queries]; `use` adds up all calls of a language model.

    `core_s` are seconds of all cores together, `wall_s` of the clock, both for ranking only; `peak_mb` is the most
    memory that the process had held when the run ended, whatever else it had done before.
    """

    stage_ms: dict[str, npt.NDArray[np.float64]]
    use: ModelUse
    core_s: float
    wall_s: float
    peak_mb: float

    @property
    def total_ms(self) -> npt.NDArray[np.float64]:
        """float64[timed queries]: all stages together."""
        return np.sum(list(self.stage_ms.values()), axis=0) if self.stage_ms else np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class RunCache:
    """A variant over all queries of a task. `hashes` say of what; `notes` counts the queries of each note."""

    variant: Variant
    run: Run
    cost: Cost
    hashes: dict[str, str]
    notes: Mapping[Note, int]
    tuned_here: bool


def joined_cost(batches: Sequence[Batch]) -> Cost:
    """The cost of all `batches` together."""
    answers = [answer for batch in batches for answer in batch.answers.values()]
    timed = [answer.timings_ms for answer in answers if answer.timings_ms]
    stages = dict.fromkeys(stage for timings in timed for stage in timings)
    return Cost(
        {stage: np.array([timings.get(stage, 0.0) for timings in timed]) for stage in stages},
        _joined_use([answer.use for answer in answers]),
        sum(batch.core_s for batch in batches),
        sum(batch.wall_s for batch in batches),
        max((batch.peak_mb for batch in batches), default=0.0),
    )


def joined_notes(batches: Sequence[Batch]) -> Mapping[Note, int]:
    """The number of queries of each note, most frequent first."""
    notes = Counter(note for batch in batches for answer in batch.answers.values() for note in answer.notes)
    return dict(notes.most_common())


def _joined_use(uses: Sequence[ModelUse]) -> ModelUse:
    return ModelUse(
        next((use.model for use in uses if use.model), None),
        sum(use.calls for use in uses),
        sum(use.prompt_tokens for use in uses),
        sum(use.cached_calls for use in uses),
        sum(use.output_tokens for use in uses),
    )
