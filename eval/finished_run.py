"""A finished run: its rankings, their cost, and notes."""

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
    """Time and memory of a run.

    `stage_ms` holds milliseconds by stage, float64[timed queries]. `use` is the total of all calls of a language model.
    `core_s` is CPU time and `wall_s` elapsed time in seconds, both for ranking only. `peak_mb` is the peak memory of
    the process, earlier work included.
    """

    stage_ms: dict[str, npt.NDArray[np.float64]]
    use: ModelUse
    core_s: float
    wall_s: float
    peak_mb: float

    @property
    def total_ms(self) -> npt.NDArray[np.float64]:
        """Milliseconds of all stages together, float64[timed queries]."""
        return np.sum(list(self.stage_ms.values()), axis=0) if self.stage_ms else np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class FinishedRun:
    """The run of a variant over all queries of a task.

    `hashes` are those of data, queries, configuration, code and weights. `notes` counts the queries with each note.
    `tuned_here` is True if a setting of the variant was tuned on the same data.
    """

    variant: Variant
    run: Run
    cost: Cost
    hashes: dict[str, str]
    notes: Mapping[Note, int]
    tuned_here: bool


def total_cost(batches: Sequence[Batch]) -> Cost:
    """Return the cost of all `batches` together."""
    answers = [answer for batch in batches for answer in batch.answers.values()]
    timed = [answer.timings_ms for answer in answers if answer.timings_ms]
    stages = dict.fromkeys(stage for timings in timed for stage in timings)
    return Cost(
        {stage: np.array([timings.get(stage, 0.0) for timings in timed]) for stage in stages},
        _total_use([answer.use for answer in answers]),
        sum(batch.core_s for batch in batches),
        sum(batch.wall_s for batch in batches),
        max((batch.peak_mb for batch in batches), default=0.0),
    )


def count_notes(batches: Sequence[Batch]) -> Mapping[Note, int]:
    """Return the number of queries with each note, most frequent first."""
    notes = Counter(note for batch in batches for answer in batch.answers.values() for note in answer.notes)
    return dict(notes.most_common())


def _total_use(uses: Sequence[ModelUse]) -> ModelUse:
    return ModelUse(
        next((use.model for use in uses if use.model), None),
        sum(use.calls for use in uses),
        sum(use.prompt_tokens for use in uses),
        sum(use.cached_calls for use in uses),
        sum(use.output_tokens for use in uses),
    )
